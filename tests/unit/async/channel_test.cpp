#include <troika/async/channel.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    Channel<int> channel{2};
    std::vector<int> got;

    Task<> produce(int from, int count) {
        for (int i = 0; i < count; ++i) co_await channel.send(from + i);
    }
    Task<> consume() {
        for (;;) {
            const std::optional<int> item = co_await channel.receive();
            if (!item) co_return;
            got.push_back(*item);
        }
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "two producers and three consumers: each item once, close ends every consumer") {
    auto body = [&]() -> Task<> {
        TaskGroup producers("producers");
        TaskGroup consumers("consumers");
        for (int i = 0; i < 3; ++i) consumers.spawn("consumer", consume());
        producers.spawn("a", produce(0, 10));
        producers.spawn("b", produce(100, 10));
        co_await producers.join();
        channel.close();
        co_await consumers.join();
    };
    loop.run(body());
    std::sort(got.begin(), got.end());
    std::vector<int> expected;
    for (int i = 0; i < 10; ++i) expected.push_back(i);
    for (int i = 0; i < 10; ++i) expected.push_back(100 + i);
    CHECK(got == expected);
}

TEST_CASE_METHOD(Fixture,
                 "send waits while the channel is full and a cancelled sender has sent nothing") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        const auto id = group.spawn("producer", produce(0, 3));
        co_await sleep_for(1ms);
        CHECK(channel.size() == 2);
        group.cancel(id, CancelReason::asked);
        co_await group.join();
        channel.close();
        co_await consume();
    };
    loop.run(body());
    CHECK(got == std::vector<int>{0, 1});
}

TEST_CASE_METHOD(Fixture, "a cancelled receiver takes nothing") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        const auto id = group.spawn("consumer", consume());
        co_await sleep_for(1ms);
        group.cancel(id, CancelReason::asked);
        int value = 7;
        CHECK(channel.try_send(value));
        co_await group.join();
        CHECK(got.empty());
        CHECK(channel.try_receive() == 7);
    };
    loop.run(body());
}

TEST_CASE_METHOD(Fixture, "send on a closed channel throws Stopped, also for who waits already") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group", {.on_failure = TaskGroupOptions::OnFailure::keep_going});
        group.spawn("producer", produce(0, 3));
        co_await sleep_for(1ms);
        channel.close();
        co_await group.join();
    };
    CHECK_THROWS_WITH(loop.run(body()), "1 task failed: send() on a closed channel");
    int value = 1;
    CHECK_FALSE(channel.try_send(value));
}

TEST_CASE("a channel carries what can only be moved") {
    EventLoop loop;
    Channel<std::unique_ptr<int>> channel(1);
    auto body = [&]() -> Task<int> {
        auto item = std::make_unique<int>(5);
        co_await channel.send(std::move(item));
        const auto received = co_await channel.receive();
        co_return **received;
    };
    CHECK(loop.run(body()) == 5);
}
