#include "tasks.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_thread.hpp>

#include <catch2/catch.hpp>

#include <latch>
#include <memory>
#include <string>

// Defect f of tests/unit/async/published_defects_test.cpp: future.result(timeout=5) inside a
// `with ThreadPoolExecutor()` looks as if it gave up after five seconds, and waits for the thread.

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::tell;

namespace {

// A call that blocks until it is let go.
struct Call {
    std::latch entered{1};
    std::latch released{1};
    void block() {
        entered.count_down();
        released.wait();
    }
};

void block(const std::shared_ptr<Call>& call) { call->block(); }

// Waits for the thread, whatever becomes of who asked. By design where the function may use its
// caller's frame; a recipe that promises a timeout must not do it.
Task<> published(std::shared_ptr<Call> call) { co_await to_thread(block, call); }
Task<> ours(std::shared_ptr<Call> call) { co_await to_thread_abandonable(block, call); }

// The call's time is over while its thread is stuck: is the caller back?
Task<bool> caller_is_back_at_the_deadline(Task<> (*ask)(std::shared_ptr<Call>)) {
    const auto call = std::make_shared<Call>();
    std::string outcome;
    TaskGroup group("calls");
    const auto asking = group.spawn("ask", tell(ask(call), outcome));
    co_await sleep_for(0s);
    call->entered.wait();
    group.cancel(asking, CancelReason::deadline);
    for (int turn = 0; turn < 10; ++turn) co_await sleep_for(0s);
    const bool back = outcome == "cancelled: deadline";
    call->released.count_down();
    co_await group.join();
    CHECK(outcome == "cancelled: deadline");  // in the end, in both
    co_return back;
}

}  // namespace

TEST_CASE("published defect f: a timeout on a thread's result waits for the thread") {
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 1});
    loop.offer(&pool);
    const auto body = [&]() -> Task<> {
        const bool published_is_back = co_await caller_is_back_at_the_deadline(published);
        CHECK_FALSE(published_is_back);
        const bool ours_is_back = co_await caller_is_back_at_the_deadline(ours);
        CHECK(ours_is_back);
        co_await pool.stop(StopMode::drain, 10s);
    };
    loop.run(body());
}
