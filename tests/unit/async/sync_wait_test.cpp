#include <troika/async/sleep.hpp>
#include <troika/async/sync_wait.hpp>
#include <troika/base/error.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <thread>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<int> give_in_an_hour(int value) {
    co_await sleep_for(1h);
    co_return value;
}
Task<> fail_at_once() {
    co_await sleep_for(0s);
    throw std::runtime_error("broken");
}
std::string refusal() {
    try {
        sync_wait(fail_at_once());
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("sync_wait runs a task from plain code and gives what it gave or threw") {
    testing::VirtualClock clock;
    CHECK(sync_wait(give_in_an_hour(7), {.clock = &clock}) == 7);
    CHECK_THROWS_WITH(sync_wait(fail_at_once()), "broken");
}

TEST_CASE("sync_wait is refused inside a coroutine instead of blocking its loop") {
    auto body = []() -> Task<std::string> {
        co_await sleep_for(0s);
        co_return refusal();
    };
    CHECK_THAT(sync_wait(body()), Catch::Contains("co_await the task instead"));
}

TEST_CASE("sync_wait is refused in a callback of the loop, and allowed again after it") {
    EventLoop loop;
    std::string text;
    loop.post([&] { text = refusal(); });
    loop.poll();
    CHECK_THAT(text, Catch::Contains("co_await the task instead"));
    testing::VirtualClock clock;
    CHECK(sync_wait(give_in_an_hour(1), {.clock = &clock}) == 1);
}

TEST_CASE("a thread beside the loop may use it") {
    int value = 0;
    auto body = [&]() -> Task<> {
        std::thread thread([&] {
            testing::VirtualClock clock;
            value = sync_wait(give_in_an_hour(5), {.clock = &clock});
        });
        thread.join();
        co_return;
    };
    sync_wait(body());
    CHECK(value == 5);
}
