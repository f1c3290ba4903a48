#pragma once

#include <troika/async/suspension.hpp>
#include <troika/workers/detail/thread_queue.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troika::workers {

namespace detail {

template <typename F, typename... Args>
inline constexpr bool takes_stop_token = std::is_invocable_v<F&, std::stop_token, Args...>;

template <typename F, typename... Args>
concept CallableOnThread = std::is_invocable_v<F&, Args...> || takes_stop_token<F, Args...>;

template <typename F, typename... Args>
consteval auto thread_result() {
    if constexpr (takes_stop_token<F, Args...>) {
        return std::type_identity<std::invoke_result_t<F&, std::stop_token, Args...>>();
    } else {
        static_assert(std::is_invocable_v<F&, Args...>,
                      "the function given to a thread cannot be called with these arguments");
        return std::type_identity<std::invoke_result_t<F&, Args...>>();
    }
}

}  // namespace detail

// What F returns for these arguments, by value.
template <typename F, typename... Args>
using thread_result_t =
    std::remove_cvref_t<typename decltype(detail::thread_result<F, Args...>())::type>;

namespace detail {

// A call with its arguments, made once, and what came of it: where a thread job's exceptions stop.
template <typename F, typename... Args>
class CallOnce final {
  public:
    using Result = thread_result_t<F, Args...>;

    CallOnce(F function, Args... arguments)
        : function_(std::move(function)), arguments_(std::move(arguments)...) {}

    void call() noexcept {
        try {
            if constexpr (std::is_void_v<Result>) {
                invoke();
            } else {
                result_.emplace(invoke());
            }
        } catch (...) {
            error_ = std::current_exception();
        }
    }

    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }

    void ask_to_stop() noexcept {
        if constexpr (kStoppable) stop_.request_stop();
    }

    std::stop_source stop_source() const noexcept {
        if constexpr (kStoppable) return stop_;
        return std::stop_source(std::nostopstate);
    }

    bool threw() const noexcept { return error_ != nullptr; }

    Result take() {
        if (error_) std::rethrow_exception(std::move(error_));
        if constexpr (!std::is_void_v<Result>) return std::move(*result_);
    }

  private:
    static constexpr bool kStoppable = takes_stop_token<F, Args...>;
    struct Nothing {};

    decltype(auto) invoke() {
        return std::apply(
            [this](Args&... arguments) -> decltype(auto) {
                if constexpr (kStoppable) {
                    return std::invoke(function_, stop_.get_token(), std::move(arguments)...);
                } else {
                    return std::invoke(function_, std::move(arguments)...);
                }
            },
            arguments_);
    }

    F function_;
    std::tuple<Args...> arguments_;
    [[no_unique_address]] std::conditional_t<kStoppable, std::stop_source, Nothing> stop_;
    std::optional<std::conditional_t<std::is_void_v<Result>, Nothing, Result>> result_;
    std::exception_ptr error_;
};

// Awaits a call that is never given up while it runs.
template <typename F, typename... Args>
class ThreadCall final : public Suspension, private ThreadJob {
  public:
    ThreadCall(ThreadQueue& queue, F function, Args... arguments)
        : queue_(queue), call_(std::move(function), std::move(arguments)...) {}

    auto await_resume() {
        finish();
        if (overtaken_) throw Cancelled{scope().reason()};
        return call_.take();
    }

  private:
    bool start() override {
        queue_.submit(*this);
        return true;
    }
    void on_cancel() noexcept override {
        const ThreadQueue::Phase phase = queue_.withdraw(*this, scope().reason());
        if (phase == ThreadQueue::Phase::queued) return complete_cancelled();
        if (phase == ThreadQueue::Phase::done) return;
        overtaken_ = true;
        call_.ask_to_stop();
    }
    void execute() noexcept override { call_.call(); }
    bool threw() const noexcept override { return call_.threw(); }
    void finished() noexcept override { resume_now(); }
    void failed(std::exception_ptr error) noexcept override {
        call_.fail(std::move(error));
        resume_soon();
    }
    std::stop_source stop_source() const noexcept override { return call_.stop_source(); }

    ThreadQueue& queue_;
    CallOnce<F, Args...> call_;
    bool overtaken_ = false;
};

// Awaits a call that can be left alone. The job owns itself until a thread or the loop is done.
template <typename F, typename... Args>
class AbandonableCall final : public Suspension {
  public:
    AbandonableCall(ThreadQueue& queue, F function, Args... arguments)
        : queue_(queue),
          job_(std::make_shared<Job>(*this, std::move(function), std::move(arguments)...)) {}

    auto await_resume() {
        finish();
        return job_->call.take();
    }

  private:
    struct Job final : ThreadJob {
        Job(AbandonableCall& owner, F function, Args... arguments)
            : waiter(owner), call(std::move(function), std::move(arguments)...) {}
        void execute() noexcept override { call.call(); }
        bool threw() const noexcept override { return call.threw(); }
        void execute_abandoned_end() noexcept override { self.reset(); }
        void finished() noexcept override {
            const auto keep = std::move(self);
            waiter.resume_now();
        }
        void failed(std::exception_ptr error) noexcept override {
            const auto keep = std::move(self);
            call.fail(std::move(error));
            waiter.resume_soon();
        }
        std::stop_source stop_source() const noexcept override { return call.stop_source(); }

        AbandonableCall& waiter;  // gone once abandoned
        CallOnce<F, Args...> call;
        std::shared_ptr<Job> self;
    };

    bool start() override {
        job_->self = job_;
        try {
            queue_.submit(*job_);
        } catch (const std::exception&) {
            job_->self.reset();
            throw;
        }
        return true;
    }
    void on_cancel() noexcept override {
        const auto job = job_;
        job->call.ask_to_stop();
        // From here on a running job belongs to its thread.
        const ThreadQueue::Phase phase = queue_.withdraw_or_abandon(*job, scope().reason());
        if (phase == ThreadQueue::Phase::done) return;
        if (phase == ThreadQueue::Phase::queued) job->self.reset();
        complete_cancelled();
    }

    ThreadQueue& queue_;
    std::shared_ptr<Job> job_;
};

template <typename T>
inline constexpr bool owns_contents =
    !std::is_pointer_v<T> && !std::is_convertible_v<T, std::string_view> ||
    std::is_same_v<T, std::string>;
template <typename T>
inline constexpr bool owns_contents<std::reference_wrapper<T>> = false;
template <typename T, std::size_t N>
inline constexpr bool owns_contents<std::span<T, N>> = false;

template <typename... Parameters>
consteval bool parameters_own() {
    return ((!(std::is_lvalue_reference_v<Parameters> &&
               !std::is_const_v<std::remove_reference_t<Parameters>>) &&
             owns_contents<std::remove_cvref_t<Parameters>>) &&
            ...);
}

template <typename F, typename... Args>
consteval void require_owning() {
    static_assert(
        requires(F function) { +function; },
        "to_thread_abandonable takes a plain function or a lambda without captures: the thread may "
        "outlive its caller, so everything it uses must be an argument it owns");
    static_assert(
        parameters_own<Args...>() &&
            []<typename R, typename... P>(std::type_identity<R (*)(P...)>) {
                return parameters_own<P...>();
            }(std::type_identity<decltype(+std::declval<F>())>()),
        "to_thread_abandonable takes arguments by value: the thread may outlive what a "
        "reference, pointer, span or string_view refers to");
}

}  // namespace detail
}  // namespace troika::workers
