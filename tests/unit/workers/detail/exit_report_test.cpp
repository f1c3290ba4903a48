#include <troika/workers/detail/exit_report.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using troika::workers::detail::is_ending;

TEST_CASE(
    "a process that has ended and is not reaped is ending, one that waits or has gone is not") {
    const pid_t child = ::fork();
    if (child == 0) {
        while (true) ::pause();
    }
    REQUIRE(child > 0);
    CHECK_FALSE(is_ending(child));
    CHECK_FALSE(is_ending(::getpid()));
    ::kill(child, SIGKILL);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    CHECK(is_ending(child));
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK_FALSE(is_ending(child));
}
