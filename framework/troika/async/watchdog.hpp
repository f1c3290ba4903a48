#pragma once

#include <troika/async/clock.hpp>
#include <troika/base/unique_function.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace troika {

class EventLoop;

// A loop that has not come round for longer than the threshold, and where it stands.
struct BlockedLoop {
    std::chrono::nanoseconds silent_for{0};
    std::string task;                // the scope it is in: a route's pattern or a task's name
    std::string spawned_at;          // where that task was spawned; empty in release builds
    std::vector<std::string> stack;  // innermost first; empty when the thread did not answer
};

struct WatchdogOptions {
    // One wake-up each, of this thread alone while the loop sleeps. With the threshold: how late a
    // blocked loop is seen.
    std::chrono::milliseconds probe_interval{550};
    std::chrono::milliseconds blocked_threshold{400};  // silent for longer: on_blocked
    // From the first SIGTERM or SIGINT to the hard limit below; 0: none. Counted by the watchdog
    // thread, so a loop that is blocked when the signal comes does not escape it.
    std::chrono::milliseconds longest_stop{0};

    std::vector<int> more_signals{};  // taken beside SIGTERM, SIGINT and SIGHUP, such as SIGUSR1

    // On the loop thread. SIGTERM, SIGINT (only the first of these two), SIGHUP, more_signals; 0 for
    // request_stop().
    UniqueFunction<void(int signal)> on_signal;
    // On the loop thread, once per probe of a loop that is at work: how long a posted call waited.
    UniqueFunction<void(std::chrono::nanoseconds lag)> on_lag;
    // On the watchdog thread, once per incident, while the loop is stuck.
    UniqueFunction<void(const BlockedLoop& blocked)> on_blocked;
    // On the watchdog thread, before it ends the process with `exit_code`: a second SIGTERM or
    // SIGINT (128 + signal), or the hard limit (1). Must not wait for the loop.
    UniqueFunction<void(int exit_code, const char* why)> before_forced_exit;
};

// Makes the calling process end with 128 + signal on SIGTERM, SIGINT and SIGHUP, for the time
// before a Watchdog takes over. Async-signal-safe; nothing is flushed.
void exit_on_signals_until_watched() noexcept;

// The thread beside the loop: it takes the signals, so that a blocked loop cannot ignore them, and
// sees when the loop is stuck.
//
//   Lifetime      Made before any other thread (they inherit the signal mask); destroyed after the
//                 loop has ended. Signals are delivered from construction on.
//   Threads       Made, destroyed on the loop thread; the rest from any thread.
//   Errors        The constructor throws IoError.
class Watchdog final {
  public:
    Watchdog(EventLoop& loop, WatchdogOptions options);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    // At that time the process ends with exit code 1, whatever the loop does.
    void set_hard_limit(Clock::TimePoint when) noexcept;

    // As if SIGTERM had come, with on_signal(0), but not as the first of two: a SIGTERM that comes
    // later does not end the process at once. Again: nothing.
    void request_stop() noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace troika
