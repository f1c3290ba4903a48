#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/http/server/detail/lag_watch.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace std::chrono_literals;
using http::detail::LagWatch;

TEST_CASE("lag is what a due timer had to wait, and is forgotten when nobody asks") {
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    LagWatch watch(loop);
    CHECK(watch.look() == 0ns);
    clock.jump_to(clock.now() + 320ms);  // the loop stood still
    loop.timers().fire_due();
    CHECK(watch.look() == 300ms);
    clock.advance(loop, 100ms);
    CHECK(watch.look() == 0ns);
    clock.advance(loop, 100ms);
    CHECK(loop.timers().empty());
}
