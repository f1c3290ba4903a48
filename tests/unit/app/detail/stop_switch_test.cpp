#include <troika/app/detail/stop_switch.hpp>

#include <catch2/catch.hpp>

using troika::detail::StopSwitch;

TEST_CASE("a switch that is pressed before anybody listens tells the first who does") {
    StopSwitch stop;
    int told = 0;
    stop.press();
    stop.connect([&] { ++told; });
    CHECK(told == 1);
    stop.press();
    CHECK(told == 2);
    stop.disconnect();
    stop.press();
    CHECK(told == 2);
}
