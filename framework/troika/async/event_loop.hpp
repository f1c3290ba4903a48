#pragma once

#include <troika/async/clock.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/task.hpp>
#include <troika/base/unique_function.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace troika {

class EventLoop;
class Suspension;
class Timers;
class Wheel;

namespace detail {
// The loop whose run() or poll() is below on this thread's stack; null on other threads.
inline constinit thread_local EventLoop* running_loop_cursor = nullptr;
}  // namespace detail

struct EventLoopOptions {
    Clock* clock = nullptr;  // null: the monotonic clock; must outlive the loop
};

// One thread, one io_context, one clock: where every coroutine runs.
//
//   Lifetime      Older than everything that waits on it. Made after the zygote was forked.
//   Threads       Made and run on one thread, the loop thread. post(), stop() and the job count may
//                 be called from any thread.
//   Errors        run(task) rethrows what the task threw. A posted function must not throw.
class EventLoop final {
  public:
    explicit EventLoop(EventLoopOptions options = {});
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    // Runs `main` in the root scope until it has finished, like asyncio.run. Under a virtual clock,
    // time jumps to the next timer whenever nothing else can run and no job is out.
    template <typename T>
    T run(Task<T> main) {
        if constexpr (std::is_void_v<T>) {
            run_until_done(std::move(main));
        } else {
            std::optional<T> result;
            run_until_done(keep(std::move(main), result));
            return std::move(*result);
        }
    }

    // One round without waiting for the kernel: everything that is ready now, and what that makes
    // ready. For tests that step a loop by hand.
    void poll();

    // Calls `function` on the loop thread, in the order of the calls. Any thread.
    void post(UniqueFunction<void()> function);

    bool on_loop_thread() const noexcept;
    Clock& clock() const noexcept;
    Clock::TimePoint now() const noexcept { return clock().now(); }
    Timers& timers() noexcept;
    Wheel& wheel() noexcept;
    boost::asio::io_context& io() noexcept;
    Scope& root() noexcept;

    // Thread and process jobs under way; a virtual clock does not jump while there are any.
    void job_began() noexcept;
    void job_ended() noexcept;
    int jobs() const noexcept;

    // A loop-wide object found by its type (the default thread pool, ...): offered by its owner,
    // withdrawn before it dies. Null where there is none.
    template <typename T>
    void offer(T* service) {
        set_service(&kServiceKey<T>, service);
    }
    template <typename T>
    T* find() const noexcept {
        return static_cast<T*>(service(&kServiceKey<T>));
    }

  private:
    friend class Suspension;
    struct State;
    template <typename T>
    static constexpr char kServiceKey = 0;

    void push_ready(Suspension& suspension);
    void run_ready() noexcept;
    void run_until_done(Task<> main);
    template <typename T>
    static Task<> keep(Task<T> main, std::optional<T>& result) {
        result.emplace(co_await std::move(main));
    }
    void set_service(const void* key, void* service);
    void* service(const void* key) const noexcept;

    std::unique_ptr<State> state_;
};

}  // namespace troika
