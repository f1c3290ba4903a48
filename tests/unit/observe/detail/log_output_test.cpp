#include "../log_checks.hpp"

using namespace log_checks;
using namespace std::chrono_literals;

TEST_CASE("a reader that went away is no crash and every line is counted") {
    Pipe pipe;
    pipe.read.close();
    const std::uint64_t before = log::dropped();
    log::start(to(pipe.write.get(), log::Format::text));
    log::info("into the void");
    log::stop();
    CHECK(log::dropped() - before == 1);
}

TEST_CASE("a socket nobody reads is treated like a pipe") {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    const UniqueFd ours(fds[0]), theirs(fds[1]);
    const std::uint64_t before = log::dropped();
    log::start(to(ours.get(), log::Format::text));
    const std::string padding(8000, 'x');
    for (int i = 0; i < 1000; ++i) log::info("a line", {{"padding", padding}});
    log::stop(10ms);
    CHECK(log::dropped() > before);
}
