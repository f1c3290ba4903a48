#include <troika/async/detail/child_process.hpp>

#include <troika/base/error.hpp>
#include <troika/base/scope_exit.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const Environment& environment,
                           const std::filesystem::path& folder, UniqueFd input) {
    const std::string doing =
        "start '" + argv.front() + "'" + (folder.empty() ? "" : " in '" + folder.string() + "'");
    input = above_standard_streams(input.release());
    Pipe output = make_pipe();
    Pipe error_output = make_pipe();

    posix_spawn_file_actions_t actions;
    check(::posix_spawn_file_actions_init(&actions), doing);
    const ScopeExit free_actions([&] { ::posix_spawn_file_actions_destroy(&actions); });
    check(::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO), doing);
    check(::posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO), doing);
    check(::posix_spawn_file_actions_adddup2(&actions, error_output.write.get(), STDERR_FILENO),
          doing);
    check(::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1), doing);
    if (!folder.empty())
        check(::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str()), doing);

    // The service's threads block its signals and ignore SIGPIPE: the program must not inherit that.
    posix_spawnattr_t attributes;
    check(::posix_spawnattr_init(&attributes), doing);
    const ScopeExit free_attributes([&] { ::posix_spawnattr_destroy(&attributes); });
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> words = argv;
    std::vector<std::string> variables;
    if (environment)
        for (const auto& [name, value] : *environment) variables.push_back(name + "=" + value);
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> own = pointers(variables);
    pid_t pid = -1;
    check(::posix_spawnp(&pid, words.front().c_str(), &actions, &attributes, arguments.data(),
                         environment ? own.data() : environ),
          doing);
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
