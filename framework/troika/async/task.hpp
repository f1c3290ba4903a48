#pragma once

#include <troika/async/detail/frame_memory.hpp>
#include <troika/async/scope.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace troika {

template <typename T>
class Task;

namespace detail {

// How a child hands back: it may finish while it is being started (then its starter, still on the
// stack, sees the flag and the parent goes on without suspending), or later (then it resumes the
// parent itself). Never by symmetric transfer: GCC 12 makes no tail call of it at -O0 or under
// sanitizers, and a loop over ready awaits would overflow the stack.
enum class TaskState : unsigned char { fresh, starting, suspended, finished };

class TaskPromiseBase {
  public:
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        free_frame(memory, size);
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
            TaskPromiseBase& promise = handle.promise();
            const bool parent_waits = promise.state_ == TaskState::suspended;
            promise.state_ = TaskState::finished;
            // The parent destroys this frame while it runs on; nothing here is touched after.
            if (parent_waits) promise.continuation_.resume();
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    Scope* scope() const noexcept { return scope_; }

    // True when `self` waits; then `continuation` is resumed once it has finished.
    bool start(std::coroutine_handle<> self, std::coroutine_handle<> continuation, Scope* scope) {
        scope_ = scope;
        continuation_ = continuation;
        state_ = TaskState::starting;
        self.resume();
        if (state_ == TaskState::finished) return false;
        state_ = TaskState::suspended;
        return true;
    }
    // For who takes failure as a value (detail/settle.hpp); null where the coroutine returned.
    std::exception_ptr take_error() noexcept { return std::exchange(error_, nullptr); }
    bool may_be_destroyed() const noexcept {
        return state_ == TaskState::fresh || state_ == TaskState::finished;
    }

  protected:
    void rethrow_error() {
        if (error_) [[unlikely]]
            std::rethrow_exception(std::move(error_));
    }

  private:
    Scope* scope_ = nullptr;
    std::coroutine_handle<> continuation_;
    std::exception_ptr error_;
    TaskState state_ = TaskState::fresh;
};

template <typename T>
class TaskPromise final : public TaskPromiseBase {
  public:
    Task<T> get_return_object() noexcept;
    template <typename U>
        requires std::constructible_from<T, U&&>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    T take() {
        rethrow_error();
        return std::move(*value_);
    }

  private:
    std::optional<T> value_;
};

template <typename T>
class TaskPromise<T&> final : public TaskPromiseBase {
  public:
    Task<T&> get_return_object() noexcept;
    void return_value(T& value) noexcept { value_ = std::addressof(value); }
    T& take() {
        rethrow_error();
        return *value_;
    }

  private:
    T* value_ = nullptr;
};

template <>
class TaskPromise<void> final : public TaskPromiseBase {
  public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() { rethrow_error(); }
};

}  // namespace detail

// A coroutine that starts when it is awaited and runs in the scope of whoever awaits it. To run it
// beside its caller, spawn it through a TaskGroup.
//
//   Lifetime      Owns its frame. A task that was started must have finished before it is destroyed.
//   Threads       Event-loop thread only.
//   Errors        co_await rethrows what the coroutine threw.
//   Cancellation  By its scope (scope.hpp).
template <typename T = void>
class [[nodiscard("a Task does nothing until it is awaited or spawned")]] Task final {
  public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;
    using value_type = T;

    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { destroy(); }

    // Runs in the awaiting coroutine's scope, or in `scope` where one is given (run_in.hpp).
    class Awaiter {
      public:
        explicit Awaiter(Handle handle, Scope* scope = nullptr) noexcept
            : handle_(handle), scope_(scope) {}
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        bool await_suspend(std::coroutine_handle<Promise> parent) const {
            Scope* const scope = scope_ != nullptr ? scope_ : parent.promise().scope();
            return handle_.promise().start(handle_, parent, scope);
        }
        T await_resume() const { return handle_.promise().take(); }

      protected:
        Handle handle_;
        Scope* scope_;
    };

    Awaiter operator co_await() && noexcept { return Awaiter(handle_); }
    Handle handle() const noexcept { return handle_; }

  private:
    friend promise_type;
    explicit Task(Handle handle) noexcept : handle_(handle) {}
    void destroy() noexcept {
        if (handle_) handle_.destroy();
    }

    Handle handle_;
};

namespace detail {

template <typename T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
template <typename T>
Task<T&> TaskPromise<T&>::get_return_object() noexcept {
    return Task<T&>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

}  // namespace detail
}  // namespace troika
