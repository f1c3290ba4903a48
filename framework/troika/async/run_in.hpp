#pragma once

#include <troika/async/task.hpp>

namespace troika {

namespace detail {

template <typename T>
class RunInAwaiter final : public Task<T>::Awaiter {
    using Base = typename Task<T>::Awaiter;

  public:
    RunInAwaiter(typename Task<T>::Handle handle, Scope& scope) noexcept : Base(handle, &scope) {}

    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
        outer_ = parent.promise().scope();
        current_scope_cursor = this->scope_;
        const bool waits = Base::await_suspend(parent);
        current_scope_cursor = outer_;
        return waits;
    }
    T await_resume() {
        current_scope_cursor = outer_;  // the child may have finished on its own scope's resume
        return Base::await_resume();
    }

  private:
    Scope* outer_ = nullptr;
};

}  // namespace detail

// co_await run_in(scope, task): runs `task` in `scope`, a child scope owned by the caller. Both
// must outlive the await, so `task` is a named local. The building stone of with_timeout and
// shield.
template <typename T>
[[nodiscard]] detail::RunInAwaiter<T> run_in(Scope& scope, Task<T>& task) noexcept {
    return detail::RunInAwaiter<T>(task.handle(), scope);
}

}  // namespace troika
