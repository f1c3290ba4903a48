#pragma once

#include <troika/async/sleep.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/task.hpp>
#include <troika/async/timers.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

// A Catch2 test case whose body is a coroutine, run on an EventLoop of its own with a VirtualClock:
// waits take no time, and what is due happens in order.
//
//     ASYNC_TEST_CASE("the cache forgets after a minute", "[cache]") {
//         Cache cache(60s);
//         cache.put("a", 1);
//         co_await testing::advance(61s);
//         CHECK_FALSE(cache.get("a"));
//     }
//
// A REQUIRE that fails leaves the body by an exception: groups in it are made by with_task_group(),
// or the body uses CHECK. An await is named before it is checked: `const int n = co_await f();`.
#define ASYNC_TEST_CASE(...) \
    TROIKA_ASYNC_TEST_CASE_AS(INTERNAL_CATCH_UNIQUE_NAME(troika_async_test_), __VA_ARGS__)

#define TROIKA_ASYNC_TEST_CASE_AS(function, ...)                                   \
    static ::troika::Task<> function();                                            \
    TEST_CASE(__VA_ARGS__) { ::troika::testing::run_async_test_case(function()); } \
    static ::troika::Task<> function()

namespace troika::testing {

inline void run_async_test_case(Task<> body) {
    VirtualClock clock;
    EventLoop loop({.clock = &clock});
    loop.run(std::move(body));
}

namespace detail {

// Resumes once nothing else can run at this point of virtual time: the loop looks at its timers
// only then.
class [[nodiscard("co_await it")]] Idle final : public Suspension, private Timer {
  public:
    void await_resume() const { finish(); }

  private:
    bool start() override {
        EventLoop& loop = scope().loop();
        TROIKA_CHECK(loop.clock().is_virtual(), "advance() needs a loop with a VirtualClock");
        loop.timers().add(*this, loop.now());
        return true;
    }
    void on_cancel() noexcept override {
        scope().loop().timers().cancel(*this);
        complete_cancelled();
    }
    void on_due() noexcept override { resume_now(); }
};

}  // namespace detail

// Inside a coroutine on virtual time: goes on `duration` later, when everything that was due by
// then, and what followed from it at once, has run. (From outside: VirtualClock::advance.)
inline Task<> advance(std::chrono::nanoseconds duration) {
    co_await sleep_for(duration);
    co_await sleep_for(std::chrono::nanoseconds(0));  // behind all that is due in this very moment
    detail::Idle idle;
    co_await idle;
}

}  // namespace troika::testing
