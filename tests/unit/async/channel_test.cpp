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

struct ChannelFixture {
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

TEST_CASE_METHOD(ChannelFixture,
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

TEST_CASE_METHOD(ChannelFixture,
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

TEST_CASE_METHOD(ChannelFixture, "a cancelled receiver takes nothing") {
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

TEST_CASE_METHOD(ChannelFixture,
                 "send on a closed channel throws Stopped, also for who waits already") {
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

TEST_CASE_METHOD(ChannelFixture,
                 "join waits until every item that was sent is done, not only received") {
    auto work = [&]() -> Task<> {
        while (const std::optional<int> item = co_await channel.receive()) {
            co_await sleep_for(10ms);
            got.push_back(*item);
            channel.task_done();
        }
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        co_await channel.join();  // nothing was sent
        group.spawn("worker", work());
        group.spawn("worker", work());
        group.spawn("producer", produce(0, 7));
        co_await sleep_for(1ms);
        CHECK(channel.stats().unfinished == 4);  // two are worked on, two wait inside
        CHECK(channel.stats().sending == 1);
        const auto began = loop.now();
        co_await channel.join();
        CHECK(got.size() == 7);
        CHECK(loop.now() - began == 39ms);
        CHECK(channel.stats().receiving == 2);
        channel.close();
    };
    loop.run(with_task_group("group", body));
    CHECK(channel.stats().closed);
}

TEST_CASE_METHOD(ChannelFixture, "who joins a channel may be cancelled") {
    auto join = [&]() -> Task<> { co_await channel.join(); };
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("producer", produce(0, 1));
        const auto id = group.spawn("join", join());
        co_await sleep_for(1ms);
        group.cancel(id, CancelReason::asked);
    };
    loop.run(with_task_group("group", body));
    CHECK(channel.stats().unfinished == 1);
}
