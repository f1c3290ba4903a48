#include <troika/workers/detail/lookout.hpp>

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>

using namespace std::chrono_literals;
using troika::EventLoop;
using troika::Task;
using troika::workers::detail::Lookout;

namespace {

// Far longer than a test's hiccups, and shorter than its patience.
constexpr auto kTime = 200ms;

struct Counted final : Lookout::Watched {
    void look() override { ++looks; }
    void look_away() noexcept override { ++away; }
    int looks = 0;
    int away = 0;
};

// Answers have been quick so far.
void make_eager(Lookout& lookout) {
    lookout.began();
    lookout.ended();
}

}  // namespace

TEST_CASE("a loop looks for answers only where answers have been quick") {
    EventLoop loop;
    Counted counted;
    Lookout lookout(loop, kTime, &counted);
    lookout.began();
    CHECK_FALSE(lookout.looking());
    lookout.ended();
    loop.run([](Lookout& lookout, Counted& counted) -> Task<> {
        lookout.began();
        CHECK(lookout.looking());
        co_await troika::sleep_for(1ms);
        CHECK(counted.looks > 0);
        lookout.ended();
        co_await troika::sleep_for(1ms);
        CHECK_FALSE(lookout.looking());  // nothing is out
        CHECK(counted.away == 1);
    }(lookout, counted));
}

TEST_CASE("while it looks, a loop does everything else as well") {
    EventLoop loop;
    Counted counted;
    Lookout lookout(loop, kTime, &counted);
    make_eager(lookout);
    lookout.began();
    loop.run([](Lookout& lookout) -> Task<> {
        for (int i = 0; i < 5; ++i) co_await troika::sleep_for(1ms);
        CHECK(lookout.looking());
    }(lookout));
    CHECK(counted.looks > 5);
}

TEST_CASE("an answer that does not come is looked for that long, and the next ones less often") {
    EventLoop loop;
    Counted counted;
    Lookout lookout(loop, 1ms, &counted);
    make_eager(lookout);
    loop.run([](Lookout& lookout, Counted& counted) -> Task<> {
        lookout.began();
        CHECK(lookout.looking());
        co_await troika::sleep_for(20ms);
        CHECK_FALSE(lookout.looking());
        CHECK(counted.away == 1);
        lookout.ended();
        lookout.began();  // 20 ms are no quick answer
        CHECK_FALSE(lookout.looking());
        const int looks = counted.looks;
        co_await troika::sleep_for(5ms);
        CHECK(counted.looks == looks);
    }(lookout, counted));
}

TEST_CASE("no lookout without time, nor under a virtual clock") {
    EventLoop loop;
    Lookout never(loop, 0ns);
    make_eager(never);
    never.began();
    CHECK_FALSE(never.looking());

    troika::testing::VirtualClock clock;
    EventLoop virtual_loop({.clock = &clock});
    Lookout lookout(virtual_loop, kTime);
    make_eager(lookout);
    lookout.began();
    CHECK_FALSE(lookout.looking());
}

TEST_CASE("a lookout that is closed or gone leaves nothing behind in the loop") {
    EventLoop loop;
    Counted counted;
    auto lookout = std::make_unique<Lookout>(loop, kTime, &counted);
    make_eager(*lookout);
    lookout->began();
    lookout->close();
    CHECK(counted.away == 1);
    CHECK_FALSE(lookout->looking());
    lookout->ended();
    lookout->began();
    CHECK_FALSE(lookout->looking());
    lookout = std::make_unique<Lookout>(loop, kTime, &counted);
    make_eager(*lookout);
    lookout->began();
    lookout.reset();
    const int looks = counted.looks;
    loop.poll();
    CHECK(counted.looks == looks);
}
