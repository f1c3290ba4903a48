#include <troika/async/event_loop.hpp>
#include <troika/async/suspension.hpp>
#include <troika/base/check.hpp>

#include <utility>

namespace troika {

Suspension::~Suspension() {
    TROIKA_CHECK(state_ != State::ready, "a coroutine was destroyed that was about to be resumed");
    if (state_ == State::waiting && scope_->waiting_ == this) scope_->waiting_ = nullptr;
}

bool Suspension::suspend(std::coroutine_handle<> handle, Scope& scope) {
    handle_ = handle;
    scope_ = &scope;
    if (scope.cancelled() && !must_finish_) [[unlikely]] {
        cancelled_ = true;
        return false;
    }
    TROIKA_CHECK(scope.waiting_ == nullptr,
                 "two coroutines wait in one scope; spawn through a TaskGroup");
    state_ = State::waiting;
    scope.waiting_ = this;
    bool waits = false;
    try {
        waits = start();
    } catch (const std::exception&) {
        state_ = State::idle;
        scope.waiting_ = nullptr;
        throw;
    }
    if (waits) return true;
    state_ = State::idle;
    scope.waiting_ = nullptr;
    return false;
}

void Suspension::resume_now() noexcept {
    TROIKA_CHECK(state_ == State::waiting, "a coroutine was resumed twice");
    state_ = State::idle;
    Scope* const scope = scope_;
    scope->waiting_ = nullptr;
    const detail::ActingFor acting(scope);
    handle_.resume();
}

void Suspension::resume_soon() noexcept {
    TROIKA_CHECK(state_ == State::waiting, "a coroutine was resumed twice");
    state_ = State::ready;
    scope_->waiting_ = nullptr;
    scope_->loop().push_ready(*this);
}

}  // namespace troika
