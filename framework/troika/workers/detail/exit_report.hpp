#pragma once

#include <sys/types.h>

#include <string>

namespace troika::workers::detail {

// How a worker process ended.
struct ExitReport {
    pid_t pid = -1;      // -1: it was never born
    int signal = 0;      // 0: it exited
    int exit_code = -1;  // -1: a signal ended it
    bool killed_by_us = false;
    std::string reason{};
    std::string usage{};

    bool clean() const noexcept { return exit_code == 0; }
};

// Its end has begun, or is over and not yet reaped. Freeing what it had can take a while.
bool is_ending(pid_t pid) noexcept;

// Reaps the child behind `pidfd`. False: it lives. `killed_because`: why we killed it, if we did.
bool reap(int pidfd, const std::string& killed_because, ExitReport& report);

}  // namespace troika::workers::detail
