#include <troika/async/detail/child_process.hpp>

#include <troika/base/error.hpp>
#include <troika/base/scope_exit.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

extern "C" char** environ;

namespace troika::detail {

namespace {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

// Numbers 0 to 2 are free where the service was started without standard streams; the program's own
// would overwrite them.
UniqueFd above_standard_streams(int fd) {
    UniqueFd low(fd);
    if (fd > STDERR_FILENO) return low;
    UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!high) throw_errno("duplicate a descriptor");
    return high;
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("make a pipe to a program");
    UniqueFd read(ends[0]);
    UniqueFd write(ends[1]);
    ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
    return {above_standard_streams(read.release()), above_standard_streams(write.release())};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

void check(int error, std::string_view doing) {
    errno = error;
    if (error != 0) throw_errno(doing);
}

rlimit read_descriptor_limit() noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit;
}

// A server raises its own later; programs that select(), or close all there may be, must not get that.
const rlimit kDescriptorsAtStart = read_descriptor_limit();

rlimit descriptor_limit() noexcept {
    rlimit limit = read_descriptor_limit();
    limit.rlim_cur = std::min(limit.rlim_cur, kDescriptorsAtStart.rlim_cur);
    return limit;
}

// Where the program may be, in the order of PATH.
std::vector<std::string> paths_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return {program};
    const char* const variable = std::getenv("PATH");
    std::string_view places = variable != nullptr ? variable : "/bin:/usr/bin";
    std::vector<std::string> paths;
    while (true) {
        const std::size_t colon = places.find(':');
        const std::string_view place = places.substr(0, colon);
        paths.push_back(std::string(place) + (place.empty() ? "" : "/") + program);
        if (colon == std::string_view::npos) return paths;
        places.remove_prefix(colon + 1);
    }
}

struct Start {
    char* const* paths;
    char* const* arguments;
    char* const* environment;
    const char* folder;  // null: ours
    int streams[3];
    rlimit descriptors;
    int error = 0;  // why it could not be started
};

// In the child, which borrows our memory until it is another program: only system calls, and no
// library function that keeps anything. The sanitizers do not know of it.
__attribute__((no_sanitize("address", "thread", "undefined"))) int become_program(void* argument) {
    auto* const start = static_cast<Start*>(argument);
    // The service's threads block its signals and ignore SIGPIPE: the program must not inherit that.
    const std::uint64_t by_default[4] = {};  // the kernel's struct sigaction
    for (int signal = 1; signal < NSIG; ++signal)
        ::syscall(SYS_rt_sigaction, signal, by_default, nullptr, sizeof(std::uint64_t));
    ::syscall(SYS_setpgid, 0, 0);
    bool placed = true;
    for (int stream = 0; stream < 3; ++stream)
        placed = placed && ::syscall(SYS_dup3, start->streams[stream], stream, 0) >= 0;
    placed = placed && ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0;
    placed = placed && (start->folder == nullptr || ::syscall(SYS_chdir, start->folder) == 0);
    if (placed) {
        ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &start->descriptors, nullptr);
        const std::uint64_t no_signals = 0;
        ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, sizeof no_signals);
        bool forbidden = false;
        for (char* const* path = start->paths; *path != nullptr; ++path) {
            ::syscall(SYS_execve, *path, start->arguments, start->environment);
            forbidden = forbidden || errno == EACCES;
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
        }
        if (forbidden && (errno == ENOENT || errno == ENOTDIR)) errno = EACCES;
    }
    start->error = errno;
    ::syscall(SYS_exit_group, 127);
    return 127;
}

// What posix_spawn() does, which cannot set limits: a child in our memory, on a stack of its own,
// while this thread waits until it has become the program or has ended.
pid_t start_program(Start& start) {
    constexpr std::size_t kStack = 64 << 10;
    const auto stack = std::make_unique_for_overwrite<std::byte[]>(kStack);
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of ours in the child
    const pid_t pid =
        ::clone(become_program, stack.get() + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    if (pid < 0) start.error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    while (pid > 0 && start.error != 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return pid;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const Environment& environment,
                           const std::filesystem::path& folder, UniqueFd input) {
    const std::string doing =
        "start '" + argv.front() + "'" + (folder.empty() ? "" : " in '" + folder.string() + "'");
    input = above_standard_streams(input.release());
    Pipe output = make_pipe();
    Pipe error_output = make_pipe();

    std::vector<std::string> words = argv;
    std::vector<std::string> variables;
    if (environment)
        for (const auto& [name, value] : *environment)
            variables.emplace_back(name).append("=").append(value);
    std::vector<std::string> paths = paths_of(argv.front());
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> own = pointers(variables);
    const std::vector<char*> candidates = pointers(paths);
    Start start{.paths = candidates.data(),
                .arguments = arguments.data(),
                .environment = environment ? own.data() : environ,
                .folder = folder.empty() ? nullptr : folder.c_str(),
                .streams = {input.get(), output.write.get(), error_output.write.get()},
                .descriptors = descriptor_limit()};
    const pid_t pid = start_program(start);
    check(start.error, doing);
    pid_ = pid;
    output_ = std::move(output.read);
    error_output_ = std::move(error_output.read);
    // Not yet reaped, so the number is still its.
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (pidfd_) return;
    const int error = errno;
    int ignored = 0;
    signal_group(SIGKILL);
    reap(ignored, ignored);
    check(error, doing);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      output_(std::move(other.output_)),
      error_output_(std::move(other.error_output_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    int ignored = 0;
    signal_group(SIGKILL);
    reap(ignored, ignored);
}

void ChildProcess::signal_group(int signal) const noexcept {
    if (pid_ > 0) ::kill(-pid_, signal);
}

void ChildProcess::reap(int& exit_code, int& signal) noexcept {
    siginfo_t info{};
    const auto id = static_cast<id_t>(pid_);
    while (::waitid(P_PID, id, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    signal_group(SIGKILL);
    while (::waitid(P_PID, id, &info, WEXITED) != 0 && errno == EINTR) {
    }
    pid_ = -1;
    exit_code = info.si_code == CLD_EXITED ? info.si_status : 0;
    signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
}

}  // namespace troika::detail
