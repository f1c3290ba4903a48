#pragma once

#include <troika/async/detail/settle.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace troika {

// Keeps retries from multiplying an outage: each call earns a fraction of a retry, each retry costs
// one. Shared by all calls to one thing that can fail; outlives them.
class RetryBudget final {
  public:
    // At most `earned_per_call` retries per call in the long run, and `reserve` at once.
    explicit RetryBudget(double earned_per_call = 0.1, double reserve = 10) noexcept
        : earned_per_call_(earned_per_call), reserve_(reserve), balance_(reserve) {}

    void earn() noexcept;
    bool try_spend() noexcept;
    double balance() const noexcept { return balance_; }

  private:
    double earned_per_call_;
    double reserve_;
    double balance_;
};

// IoError, TimeoutError and Overloaded: what another attempt may cure. Nothing else, so a refusal, a
// bug or bad input is not repeated.
bool is_transient(const std::exception_ptr& error) noexcept;

struct RetryPolicy {
    int attempts = 3;  // in all, the first one too
    std::chrono::nanoseconds base = std::chrono::milliseconds(100);
    std::chrono::nanoseconds cap = std::chrono::seconds(10);
    std::function<bool(const std::exception_ptr&)> retry_if = is_transient;
    RetryBudget* budget = nullptr;
};

// Decides, without waiting or calling anything: whether there is another attempt, and when.
//
// Full jitter: before retry n a delay drawn evenly from 0 to min(cap, base * 2^(n-1)), so that
// callers that failed together do not come back together; an Overloaded's retry_after() is waited
// on top.
class RetryState final {
  public:
    // `policy` outlives it. `seed` decides the jitter.
    RetryState(const RetryPolicy& policy, std::uint64_t seed) noexcept;

    // After an attempt that failed: the delay before the next one, or nothing when that was the last.
    std::optional<std::chrono::nanoseconds> failed(const std::exception_ptr& error);

    int attempts() const noexcept { return attempts_; }  // that failed so far

  private:
    std::uint64_t random() noexcept;
    const RetryPolicy& policy_;
    std::uint64_t seed_;
    std::chrono::nanoseconds limit_;
    int attempts_ = 0;
};

namespace detail {
std::uint64_t random_seed();
// Whether the scope has a deadline that comes before a delay is over: waiting would be for nothing.
bool too_late(std::chrono::nanoseconds delay) noexcept;
}  // namespace detail

// Calls `function()` and awaits its task until it succeeds, the policy gives up or the next attempt
// would begin after the scope's deadline; then the last failure is thrown as it was.
//
//     const RetryPolicy policy{.attempts = 5};
//     const auto ask_once = [&] { return with_timeout(1s, ask(peer)); };
//     Reply reply = co_await retry(policy, ask_once);
//
//   Cancellation  Ends the attempt or the delay under way; Cancelled is never retried.
template <typename F>
auto retry(RetryPolicy policy, F function) -> std::invoke_result_t<F&> {
    using T = typename std::invoke_result_t<F&>::value_type;
    if (policy.budget != nullptr) policy.budget->earn();
    RetryState state(policy, detail::random_seed());
    for (;;) {
        auto task = function();
        auto settling = detail::settle(task);
        Settled<T> settled = co_await settling;
        if (settled) {
            if constexpr (std::is_void_v<T>) {
                co_return;
            } else {
                co_return std::move(*settled.value);
            }
        }
        const auto delay = state.failed(settled.error);
        if (!delay || detail::too_late(*delay)) std::rethrow_exception(settled.error);
        co_await sleep_for(*delay);
    }
}

}  // namespace troika
