#include <troika/async/clock.hpp>

#include <catch2/catch.hpp>

TEST_CASE("the steady clock is the monotonic one and never jumps on request") {
    const auto before = std::chrono::steady_clock::now();
    troika::Clock& clock = troika::steady_clock();
    const auto now = clock.now();
    CHECK(now >= before);
    clock.jump_to(now + std::chrono::hours(1));
    CHECK(clock.now() < now + std::chrono::minutes(1));
    CHECK_FALSE(clock.is_virtual());
}
