#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace std::chrono_literals;

namespace {
Task<int> give(int value) { co_return value; }
Task<long> sum_of_ready_awaits(int count) {
    long sum = 0;
    for (int i = 0; i < count; ++i) sum += co_await give(1);
    co_return sum;
}
Task<> nap() { co_await sleep_for(1ms); }
}  // namespace

TEST_CASE("one million ready awaits in a loop do not grow the stack") {
    EventLoop loop;
    CHECK(loop.run(sum_of_ready_awaits(1'000'000)) == 1'000'000);
}
TEST_CASE("sleep resumes") {
    EventLoop loop;
    loop.run(nap());
}
