#include <troika/async/detail/child_process.hpp>
#include <troika/base/scope_exit.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

using namespace troika;
using detail::ChildProcess;

namespace {

ChildProcess start(const std::string& script) {
    return ChildProcess({"sh", "-c", script}, std::nullopt, "",
                        UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
}

void wait_for(int fd) {
    pollfd readable{fd, POLLIN, 0};
    REQUIRE(::poll(&readable, 1, -1) == 1);
}

}  // namespace

TEST_CASE("a child process tells its end by its pidfd and its status once") {
    ChildProcess child = start("exit 9");
    wait_for(child.pidfd());
    int exit_code = 0;
    int signal = -1;
    child.reap(exit_code, signal);
    CHECK(exit_code == 9);
    CHECK(signal == 0);
}

TEST_CASE("a child process is killed and reaped with its owner, wherever it was moved") {
    pid_t pid = -1;
    {
        ChildProcess first = start("echo $$; exec sleep 1000");
        ChildProcess child(std::move(first));
        const UniqueFd output = child.take_output();
        wait_for(output.get());
        std::string text(32, '\0');
        text.resize(static_cast<std::size_t>(::read(output.get(), text.data(), text.size())));
        pid = std::stoi(text);
        CHECK(::kill(pid, 0) == 0);
    }
    CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("a child process has standard streams also where its parent has none") {
    const UniqueFd saved(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100));
    ::close(STDIN_FILENO);
    std::string said;
    {
        const ScopeExit restore([&] { ::dup2(saved.get(), STDIN_FILENO); });
        ChildProcess child = start("cat; echo done");
        const UniqueFd output = child.take_output();
        pollfd readable{output.get(), POLLIN, 0};
        ::poll(&readable, 1, -1);
        char text[16];
        said.assign(text, static_cast<std::size_t>(
                              std::max<ssize_t>(0, ::read(output.get(), text, sizeof text))));
    }
    CHECK(said == "done\n");
}
