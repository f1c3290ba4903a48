#include <troika/base/check.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <string>

TEST_CASE("a failed check aborts and says where, what and why") {
    std::array<int, 2> pipe_fds{};
    REQUIRE(::pipe(pipe_fds.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::signal(SIGABRT, SIG_DFL);
        ::dup2(pipe_fds[1], STDERR_FILENO);
        TROIKA_CHECK(1 + 1 == 3, "arithmetic is broken");
        ::_exit(0);
    }
    ::close(pipe_fds[1]);
    std::string text;
    std::array<char, 512> buffer{};
    for (ssize_t n; (n = ::read(pipe_fds[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    ::close(pipe_fds[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(text.find("check_test.cpp") != std::string::npos);
    CHECK(text.find("1 + 1 == 3: arithmetic is broken") != std::string::npos);
}

TEST_CASE("a check that holds costs nothing visible") { TROIKA_CHECK(true, "never shown"); }
