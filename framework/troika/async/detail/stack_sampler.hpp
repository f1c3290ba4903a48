#pragma once

#include <troika/async/spawn_place.hpp>

#include <signal.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troika::detail {

// Where a thread stood when it was asked.
struct ThreadStack {
    std::string task;                 // the scope it ran in: a route's pattern or a task's name
    std::string spawned_at;           // where the task it ran was spawned; empty in release builds
    std::vector<std::string> frames;  // innermost first, "module+0xoffset function"
};

// Asks another thread of this process where it stands, by a real-time signal that it handles
// between two instructions: what it runs is neither stopped nor changed, and system calls that can
// be restarted are. Function names need an executable linked with -rdynamic; addr2line understands
// the offsets of any.
//
//   Lifetime      One per process. Destroyed on the thread that was asked, so that no late signal
//                 finds its handler gone.
class StackSampler final {
  public:
    StackSampler();
    StackSampler(const StackSampler&) = delete;
    StackSampler& operator=(const StackSampler&) = delete;
    ~StackSampler();

    // Nothing when the thread did not answer in time: it is in an uninterruptible system call, or
    // never scheduled. Not to be called by `thread` itself; by one thread at a time.
    std::optional<ThreadStack> sample(pid_t thread, std::chrono::milliseconds patience);

    // What the signal handler fills: allocated before, so that it need not.
    struct Answer {
        std::array<void*, 64> frames;
        std::size_t count = 0;
        std::array<char, 128> task;
        std::size_t task_size = 0;
        [[no_unique_address]] SpawnPlace spawned_at;
        std::atomic<bool> asked{false};  // since then the handler may write
        std::atomic<bool> given{false};
    };

  private:
    Answer answer_;
    struct sigaction previous_{};
};

}  // namespace troika::detail
