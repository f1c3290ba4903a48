#pragma once

#include <troika/async/scope.hpp>

#include <coroutine>

namespace troika {

// Base of every leaf awaiter: the one place where a coroutine chain stops and is resumed.
//
//   co_await ──► scope cancelled? ──yes──► await_resume throws Cancelled, nothing was started
//                     │no
//                  start() ──false──► complete, the coroutine goes on without suspending
//                     │true
//                  waiting ──resume_soon()/resume_now()──► await_resume
//                     └──scope.cancel()──► on_cancel() ──► complete_cancelled(), or later
//                     resume_*()
//
// A derived awaiter adds start(), on_cancel() and await_resume(), which calls finish() first.
//
//   Lifetime      Lives in the awaiting frame; must not be destroyed while it waits.
//   Threads       Event-loop thread only, start() to await_resume().
//   Errors        start() may throw; the coroutine sees it.
//   Cancellation  on_cancel() runs at most once and never after resume_soon(): what is complete is
//                 delivered, and the next await throws (so no permit, item or result gets lost).
class Suspension {
  public:
    Suspension(const Suspension&) = delete;
    Suspension& operator=(const Suspension&) = delete;

    static constexpr bool await_ready() noexcept { return false; }

    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) {
        return suspend(handle, *handle.promise().scope());
    }

  protected:
    enum class Mode : bool {
        cancellable,
        must_finish  // waits even in a cancelled scope (joins); on_cancel() still tells of a cancel
    };

    explicit Suspension(Mode mode = Mode::cancellable) noexcept
        : must_finish_(mode == Mode::must_finish) {}
    virtual ~Suspension();

    // Begins to wait. False: complete already. Must not resume the coroutine itself.
    virtual bool start() = 0;
    // The scope was cancelled while waiting. Withdraw and call complete_cancelled(); or, where the
    // operation cannot be withdrawn at once, make it end and let its completion resume.
    virtual void on_cancel() noexcept = 0;

    // From a callback of the event loop, with no coroutine below on the stack. *this may be gone
    // afterwards.
    void resume_now() noexcept;
    // From anywhere on the loop thread: resumed in its turn, in order.
    void resume_soon() noexcept;
    void complete_cancelled() noexcept {
        cancelled_ = true;
        resume_soon();
    }

    // First thing in await_resume().
    void finish() const {
        if (cancelled_) throw Cancelled{scope_->reason()};
    }

    Scope& scope() const noexcept { return *scope_; }
    bool waiting() const noexcept { return state_ == State::waiting; }

  private:
    friend class EventLoop;
    friend class Scope;
    enum class State : unsigned char { idle, waiting, ready };

    bool suspend(std::coroutine_handle<> handle, Scope& scope);

    std::coroutine_handle<> handle_;
    Scope* scope_ = nullptr;
    Suspension* next_ready_ = nullptr;
    State state_ = State::idle;
    bool cancelled_ = false;
    bool must_finish_;
};

}  // namespace troika
