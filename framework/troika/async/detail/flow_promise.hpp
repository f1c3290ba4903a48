#pragma once

#include <troika/async/detail/frame_memory.hpp>
#include <troika/async/detail/limit_link.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/task.hpp>
#include <troika/base/check.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace troika {

template <typename T>
class Flow;

namespace detail {

// The consumer and the generator take turns on one stack; as in task.hpp, a value that comes while
// the generator is being started is handed over through the state, never by symmetric transfer.
//
//   fresh ──advance()──► starting ──co_yield──► yielded ──advance()──► starting ...
//                          │   └─────end──────► finished
//                          └─first wait─► suspended ──co_yield or end──► consumer resumed
class FlowPromiseBase {
  public:
    enum class State : unsigned char { fresh, starting, suspended, yielded, finished };

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        free_frame(memory, size);
    }

    struct HandOver {
        State next;
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
            FlowPromiseBase& promise = handle.promise();
            const bool consumer_waits = promise.state_ == State::suspended;
            promise.state_ = next;
            promise.put_limits_away();
            // The consumer may destroy this frame, or resume it; nothing here is touched after.
            if (consumer_waits) promise.consumer_.resume();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    HandOver final_suspend() const noexcept { return {State::finished}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    Scope* scope() const noexcept { return scope_; }
    bool finished() const noexcept { return state_ == State::finished; }
    bool may_be_destroyed() const noexcept {
        return state_ != State::starting && state_ != State::suspended;
    }

    // True when the consumer has to wait; it is resumed with the next value or the end.
    bool advance(std::coroutine_handle<> self, std::coroutine_handle<> consumer, Scope* scope) {
        TROIKA_CHECK(may_be_destroyed(), "two tasks await next() of one Flow at once");
        scope_ = scope;
        consumer_ = consumer;
        state_ = State::starting;
        limits_before_ = LimitLink::youngest(*scope);
        if (limits_ != nullptr) LimitLink::bring_back(*scope, limits_);
        self.resume();
        if (state_ != State::starting) return false;
        state_ = State::suspended;
        return true;
    }

  protected:
    void rethrow_error() {
        if (error_) [[unlikely]]
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

  private:
    void put_limits_away() noexcept {
        if (LimitLink::youngest(*scope_) != limits_before_)
            LimitLink::take_along(*scope_, limits_before_, limits_);
    }

    Scope* scope_ = nullptr;
    std::coroutine_handle<> consumer_;
    std::exception_ptr error_;
    LimitLink* limits_ = nullptr;               // its own DeadlineScopes, while it has yielded
    const LimitLink* limits_before_ = nullptr;  // the consumer's, while it runs
    State state_ = State::fresh;
};

template <typename T>
class FlowPromise final : public FlowPromiseBase {
  public:
    Flow<T> get_return_object() noexcept;
    template <typename U>
        requires std::constructible_from<T, U&&>
    HandOver yield_value(U&& value) {
        value_.emplace(std::forward<U>(value));
        return {State::yielded};
    }
    std::optional<T> take() {
        rethrow_error();
        return std::exchange(value_, std::nullopt);
    }

  private:
    std::optional<T> value_;
};

template <typename R, typename T, typename F>
Flow<R> map_flow(Flow<T> source, F function);
template <typename R, typename T, typename F>
Flow<R> map_flow_async(Flow<T> source, F function);
template <typename T, typename F>
Flow<T> filter_flow(Flow<T> source, F predicate);
template <typename T>
Flow<T> take_flow(Flow<T> source, std::size_t count);
template <typename T>
Task<std::vector<T>> collect_flow(Flow<T> source);

}  // namespace detail
}  // namespace troika
