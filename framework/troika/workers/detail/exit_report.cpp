#include <troika/base/unique_fd.hpp>
#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/detail/exit_report.hpp>
#include <troika/workers/remote_error.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace troika::workers::detail {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string describe_usage(const rusage& usage) {
    char text[96];
    std::snprintf(text, sizeof text, "user %.2f s, system %.2f s, peak memory %ld MB",
                  seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss / 1024);
    return text;
}

std::string describe_exit(int code) {
    switch (code) {
        case kExitOrphaned: return "its server was gone";
        case kExitChannelLost: return "its channel to the server did not work any more";
        case kExitBadFrame: return "it could not read what the server sent";
        case kExitStartFailed: return "a worker_start hook failed";
        default: return "exited with status " + std::to_string(code);
    }
}

std::string describe_signal(int signal) {
    std::string text = signal_name(signal);
    if (signal == SIGKILL) text += ": perhaps out of memory";
    return text;
}

}  // namespace

bool is_ending(pid_t pid) noexcept {
    char path[32];
    std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    char text[512] = {};
    if (!file || ::read(file.get(), text, sizeof text - 1) <= 0) return false;
    // pid (name) state parent group session terminal its-group flags ...; a name may hold anything.
    const char* const name_end = std::strrchr(text, ')');
    constexpr unsigned kExiting = 0x4;  // PF_EXITING of the kernel's sched.h
    unsigned flags = 0;
    const int found =
        name_end == nullptr ? 0 : std::sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
    return found == 1 && (flags & kExiting) != 0;
}

bool reap(int pidfd, const std::string& killed_because, ExitReport& report) {
    siginfo_t info{};
    rusage usage{};
    // The system call itself: the C library's waitid() has no place for the resource usage.
    const long result = ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, &usage);
    if (result != 0 && errno != ECHILD) return false;
    if (result != 0) {
        report.exit_code = -1;
        report.reason = "it ended, and somebody else took its status";
        return true;
    }
    if (info.si_pid == 0) return false;
    report.usage = describe_usage(usage);
    if (info.si_code == CLD_EXITED) {
        report.exit_code = info.si_status;
        report.reason = describe_exit(info.si_status);
    } else {
        report.signal = info.si_status;
        report.reason = describe_signal(info.si_status);
    }
    report.killed_by_us = !killed_because.empty() && report.signal == SIGKILL;
    if (!killed_because.empty()) report.reason = killed_because;
    return true;
}

}  // namespace troika::workers::detail
