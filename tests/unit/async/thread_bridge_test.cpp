#include <troika/async/event.hpp>
#include <troika/async/thread_bridge.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct ThreadBridgeFixture {
    EventLoop loop;
    Channel<int> channel{2};
    std::optional<ThreadBridge<int>> bridge{std::in_place, loop, channel};
    Event finished;

    Task<> until_finished() { co_await finished.wait(); }
    // Runs `work` on a thread while the loop runs, until it has ended.
    template <typename Work>
    void beside_the_loop(Work work) {
        std::thread thread([&] {
            work();
            loop.post([this] { finished.set(); });
        });
        loop.run(until_finished());
        thread.join();
    }
    // Runs what other threads post, one call after the other, until it is so.
    template <typename Condition>
    void turn_until(Condition condition) {
        const auto work = boost::asio::make_work_guard(loop.io());
        loop.io().restart();  // it stopped when it ran out of work
        while (!condition()) loop.io().run_one();
    }
};

}  // namespace

TEST_CASE_METHOD(ThreadBridgeFixture,
                 "four threads send through a channel of two places, nothing is lost") {
    constexpr int kEach = 500;
    std::vector<int> got;
    auto consume = [&]() -> Task<> {
        while (const std::optional<int> item = co_await channel.receive()) {
            got.push_back(*item);
            if (got.size() == 4 * kEach) channel.close();
        }
    };
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([this, t] {
            for (int i = 0; i < kEach; ++i) bridge->send_from_thread(t * kEach + i);
        });
    loop.run(consume());
    for (auto& thread : threads) thread.join();
    for (int t = 0; t < 4; ++t) {  // each thread's items in its own order
        std::vector<int> own;
        std::copy_if(got.begin(), got.end(), std::back_inserter(own),
                     [t](int item) { return item / kEach == t; });
        CHECK(std::is_sorted(own.begin(), own.end()));
    }
    std::sort(got.begin(), got.end());
    REQUIRE(got.size() == 4 * kEach);
    CHECK(std::adjacent_find(got.begin(), got.end()) == got.end());
}

TEST_CASE_METHOD(ThreadBridgeFixture,
                 "a full channel is told at once to who tries, and by a limit to who waits") {
    bool first = false;
    bool second = false;
    bool third = true;
    int value = 3;
    bool late = false;
    beside_the_loop([&] {
        int one = 1;
        int two = 2;
        first = bridge->try_send_from_thread(one);
        second = bridge->try_send_from_thread(two);
        third = bridge->try_send_from_thread(value);
        try {
            bridge->send_from_thread(4, 1ms);
        } catch (const TimeoutError&) {
            late = true;
        }
    });
    CHECK(first);
    CHECK(second);
    CHECK_FALSE(third);
    CHECK(value == 3);
    CHECK(late);
    CHECK(channel.try_receive() == 1);
    CHECK(channel.try_receive() == 2);
    CHECK_FALSE(channel.try_receive());  // what came too late was not sent
}

TEST_CASE_METHOD(ThreadBridgeFixture,
                 "a thread that waits for room goes on when an item is taken") {
    std::thread thread([&] {
        for (int i = 0; i < 3; ++i) bridge->send_from_thread(i);
    });
    turn_until([&] { return bridge->stats().waiting == 1; });
    CHECK(channel.size() == 2);
    CHECK(channel.try_receive() == 0);
    thread.join();
    CHECK(channel.try_receive() == 1);
    CHECK(channel.try_receive() == 2);
}

TEST_CASE_METHOD(ThreadBridgeFixture,
                 "closing the channel stops the threads that wait and those that come later") {
    std::vector<std::string> texts;
    std::thread thread([&] {
        for (int i = 0; i < 4; ++i) {
            try {
                bridge->send_from_thread(i);
            } catch (const Stopped& error) {
                texts.emplace_back(error.what());
            }
        }
        loop.post([this] { finished.set(); });
    });
    turn_until([&] { return bridge->stats().waiting == 1; });
    channel.close();
    turn_until([&] { return finished.is_set(); });
    thread.join();
    CHECK(texts.size() == 2);
}

TEST_CASE_METHOD(ThreadBridgeFixture, "a bridge that goes releases the threads that wait") {
    bool stopped = false;
    std::thread thread([&] {
        try {
            for (int i = 0; i < 3; ++i) bridge->send_from_thread(i);
        } catch (const Stopped&) {
            stopped = true;
        }
    });
    turn_until([&] { return bridge->stats().waiting == 1; });
    bridge.reset();
    thread.join();
    CHECK(stopped);
    int value = 1;
    CHECK(channel.try_receive() == 0);
    CHECK(channel.try_send(value));
}

TEST_CASE_METHOD(ThreadBridgeFixture,
                 "the loop thread is refused, because it would wait for itself") {
    CHECK_THROWS_WITH(bridge->send_from_thread(1), Catch::Contains("co_await channel.send"));
}
