#include "temporary_folder.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/subprocess.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/scope_exit.hpp>

#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::TemporaryFolder;

namespace {

Completed run(std::vector<std::string> argv, ExecOptions options = {}) {
    EventLoop loop;
    return loop.run(exec(std::move(argv), std::move(options)));
}

Completed shell(const std::string& script, ExecOptions options = {}) {
    return run({"sh", "-c", script}, std::move(options));
}

// The zygote of the test lives on; it is no zombie.
void check_no_zombie() {
    siginfo_t info{};
    ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    CHECK(info.si_pid == 0);
}

// What the exception says; empty when nothing was thrown.
template <typename E>
std::string failure(const std::function<void()>& call) {
    try {
        call();
    } catch (const E& error) {
        return error.what();
    }
    return {};
}

// A pipe whose other end the program inherits through /proc: read() gives the end of file once every
// process that opened it is gone.
class Lifeline {
  public:
    Lifeline() { REQUIRE(::pipe(ends_) == 0); }
    ~Lifeline() {
        ::close(ends_[0]);
        if (ends_[1] >= 0) ::close(ends_[1]);
    }
    std::string path() const {
        return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ends_[1]);
    }
    bool first_byte() {
        char byte = 0;
        return ::read(ends_[0], &byte, 1) == 1;
    }
    bool everybody_gone() {
        ::close(std::exchange(ends_[1], -1));
        return !first_byte();
    }

  private:
    int ends_[2];
};

}  // namespace

TEST_CASE("a program's exit code and outputs come back, with arguments as they are") {
    const Completed done = run({"printf", "%s|", "a b", "$HOME", "'"});
    CHECK(done.ok());
    CHECK(done.output == "a b|$HOME|'|");
    CHECK(done.error_output.empty());
    const Completed failed = shell("echo out; echo err >&2; exit 3");
    CHECK(failed.exit_code == 3);
    CHECK(failed.signal == 0);
    CHECK(failed.output == "out\n");
    CHECK(failed.error_output == "err\n");
    CHECK_FALSE(failed.ok());
    check_no_zombie();
}

TEST_CASE("a signal that ends a program is told as such") {
    const Completed done = shell("kill -SEGV $$");
    CHECK(done.signal == SIGSEGV);
    CHECK_FALSE(done.ok());
}

TEST_CASE("input arrives whole, also more than a pipe holds, and may be left unread") {
    const std::string input(1 << 20, 'x');
    ExecOptions options;
    options.input = input;
    options.max_output = 2 << 20;
    CHECK(run({"cat"}, options).output == input);
    CHECK(run({"true"}, options).ok());
    CHECK(run({"cat"}).output.empty());
}

TEST_CASE("both outputs are read side by side, so neither can block the program") {
    ExecOptions options;
    options.max_output = 1 << 20;
    const Completed done = shell(
        "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; head -c 9 /dev/zero >&2", options);
    CHECK(done.output.size() == 300000);
    CHECK(done.error_output.size() == 300009);
}

TEST_CASE("env replaces the environment and cwd the folder") {
    ExecOptions options;
    options.env = std::map<std::string, std::string>{{"NAME", "value"}};
    options.cwd = "/usr/share";
    CHECK(run({"/usr/bin/env"}, options).output == "NAME=value\n");
    CHECK(run({"/bin/pwd"}, options).output == "/usr/share\n");
}

TEST_CASE("what cannot be started is told with its name and the system's words") {
    CHECK(failure<IoError>([] { run({"no-such-program"}); }) ==
          "start 'no-such-program': No such file or directory");
    ExecOptions nowhere;
    nowhere.cwd = "/no/such/folder";
    CHECK(failure<IoError>([&] { run({"true"}, nowhere); }).find("'/no/such/folder'") !=
          std::string::npos);
    CHECK_FALSE(failure<Error>([] { run({}); }).empty());
    check_no_zombie();
}

TEST_CASE("check makes every end but exit code 0 an error that ends with the words of stderr") {
    ExecOptions options;
    options.check = true;
    CHECK(run({"true"}, options).ok());
    CHECK(failure<SubprocessError>([&] { shell("echo no such luck >&2; exit 7", options); }) ==
          "'sh' exited with 7: no such luck");
    CHECK(failure<SubprocessError>([&] { shell("kill -KILL $$", options); }) ==
          "'sh' was ended by SIGKILL");
}

TEST_CASE("a program that writes without end is ended at max_output") {
    ExecOptions options;
    options.max_output = 1000;
    CHECK(failure<Error>([&] { run({"yes"}, options); }) ==
          "'yes' wrote more than 1000 bytes to stdout and was ended");
    const Completed exact = shell("head -c 1000 /dev/zero", options);
    CHECK(exact.output.size() == 1000);
    check_no_zombie();
}

TEST_CASE("the timeout ends the program and everything it started") {
    Lifeline lifeline;
    ExecOptions options;
    options.timeout = 50ms;
    CHECK_THROWS_AS(shell("exec 9>" + lifeline.path() + "; sleep 1000 & sleep 1000", options),
                    TimeoutError);
    check_no_zombie();
    CHECK(lifeline.everybody_gone());
}

TEST_CASE("a program that ignores SIGTERM gets SIGKILL after the grace") {
    ExecOptions options;
    options.timeout = 20ms;
    options.grace = 20ms;
    CHECK_THROWS_AS(shell("trap '' TERM; while :; do sleep 1000; done", options), TimeoutError);
    check_no_zombie();
}

TEST_CASE("a cancelled caller's program is ended before Cancelled arrives") {
    EventLoop loop;
    Lifeline lifeline;
    bool cancelled = false;
    auto child = [&]() -> Task<> {
        ExecOptions options;
        try {
            Task<Completed> running =
                exec({"sh", "-c", "exec 9>" + lifeline.path() + "; echo >&9; sleep 1000"}, options);
            co_await std::move(running);
        } catch (const Cancelled&) {
            cancelled = true;
            check_no_zombie();
        }
    };
    auto parent = [&]() -> Task<> {
        TaskGroup group("test");
        const TaskGroup::Id id = group.spawn("child", child());
        while (loop.jobs() == 0) co_await sleep_for(0ns);
        CHECK(lifeline.first_byte());
        group.cancel(id, CancelReason::asked);
        co_await group.join();
    };
    loop.run(parent());
    CHECK(cancelled);
    CHECK(lifeline.everybody_gone());
}

TEST_CASE("what a program leaves behind neither delays its end nor outlives it") {
    Lifeline lifeline;
    const Completed done = shell("exec 9>" + lifeline.path() + "; echo early; sleep 1000 &");
    CHECK(done.ok());
    CHECK(done.output == "early\n");
    CHECK(lifeline.everybody_gone());
}

TEST_CASE("a program has its signals at their defaults and no descriptor of ours") {
    struct sigaction before{};
    ::sigaction(SIGPIPE, nullptr, &before);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t old;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, &old);
    const int open = ::dup(0);  // without O_CLOEXEC
    const ScopeExit restore([&] {
        ::close(open);
        ::sigprocmask(SIG_SETMASK, &old, nullptr);
        ::sigaction(SIGPIPE, &before, nullptr);
    });
    for (const char* field : {"SigBlk:", "SigIgn:"}) {
        const std::string line = run({"grep", field, "/proc/self/status"}).output;
        constexpr unsigned long kStandard = 0x7fffffff;  // glibc ignores two numbers of its own
        CHECK((std::stoul(line.substr(line.find('\t')), nullptr, 16) & kStandard) == 0);
    }
    CHECK(run({"ls", "/proc/self/fd"}).output == "0\n1\n2\n3\n");  // 3: the folder itself
}

// Run by the test below in a process that began with a soft limit of 200.
TEST_CASE("programs of a process that began with 200 descriptors", "[.began_with_200]") {
    const auto program_has_after = [](rlim_t soft) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = soft;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        return shell("ulimit -S -n; ulimit -H -n").output;
    };
    rlimit began{};
    ::getrlimit(RLIMIT_NOFILE, &began);
    const std::string hard = "\n" + std::to_string(began.rlim_max) + "\n";
    CHECK(program_has_after(began.rlim_max) == "200" + hard);  // as a server does
    CHECK(program_has_after(100) == "100" + hard);
}

TEST_CASE("a program has the descriptor limit that this process was started with, or a lower one") {
    const std::string self = "/proc/" + std::to_string(::getpid()) + "/exe";
    const Completed done = shell("ulimit -S -n 200 && exec " + self + " '[.began_with_200]'");
    INFO(done.output << done.error_output);
    CHECK(done.ok());
    CHECK(done.output.find("All tests passed") != std::string::npos);
}

TEST_CASE("a program is looked for in PATH, in its order, past what cannot be run") {
    const TemporaryFolder folder;
    const auto script = [&folder](const char* place, const char* word, int mode) {
        std::filesystem::create_directory(folder.file(place));
        const std::string path = folder.file(place) + "/troika-word";
        std::ofstream(path) << "#!/bin/sh\necho " << word << "\n";
        ::chmod(path.c_str(), static_cast<mode_t>(mode));
    };
    script("first", "first", 0644);
    script("second", "second", 0755);
    script("third", "third", 0755);
    const std::string before = std::getenv("PATH");
    const ScopeExit restore([&before] { ::setenv("PATH", before.c_str(), 1); });
    const auto search = [&](const std::string& places) {
        ::setenv("PATH", places.c_str(), 1);
        return run({"troika-word"}).output;
    };
    const std::string first = folder.file("first"), second = folder.file("second");
    CHECK(search("/nowhere:" + first + ":" + second + ":" + folder.file("third")) == "second\n");
    CHECK_THROWS_WITH(search(first), Catch::Contains("Permission denied"));
    CHECK_THROWS_WITH(search("/nowhere"), Catch::Contains("No such file"));
}

TEST_CASE("programs run side by side") {
    EventLoop loop;
    int ended = 0;
    auto one = [&](std::string wanted) -> Task<> {
        Task<Completed> running = exec({"echo", wanted});
        const Completed done = co_await std::move(running);
        CHECK(done.output == wanted + "\n");
        ++ended;
    };
    auto all = [&]() -> Task<> {
        TaskGroup group("test");
        for (int i = 0; i < 20; ++i) group.spawn("echo", one(std::to_string(i)));
        co_await group.join();
    };
    loop.run(all());
    CHECK(ended == 20);
    check_no_zombie();
}

TEST_CASE("three programs run at the same time: each ends when the other two are there") {
    const testing::TemporaryFolder folder;
    EventLoop loop;
    const auto meet = [&](std::string own, std::string second,
                          std::string third) -> Task<Completed> {
        const std::string script = "touch $0; until [ -e $1 ] && [ -e $2 ]; do sleep 0.01; done";
        std::vector<std::string> words{"sh", "-c", script, own, second, third};
        ExecOptions options;
        options.check = true;
        co_return co_await exec(words, options);
    };
    const auto all = [&]() -> Task<> {
        const std::string a = folder.file("a"), b = folder.file("b"), c = folder.file("c");
        const auto met = co_await gather(meet(a, b, c), meet(b, c, a), meet(c, a, b));
        CHECK(std::get<2>(met).exit_code == 0);
    };
    loop.run(all());
    check_no_zombie();
}
