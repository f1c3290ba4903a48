#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <troika/workers/zygote.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;
using workers::Zygote;

namespace {

ProcessPoolOptions digests(int processes) {
    ProcessPoolOptions options{.processes = processes};
    options.zygote = Zygote::process_wide()->fork_with({});
    options.name = "digests";
    return options;
}

}  // namespace

TEST_CASE("the death of an idle worker is one warning with its pid and its reason") {
    const LogLines lines;
    pid_t pid = -1;
    with_processes(digests(1), [&](ProcessPool& pool) -> Task<> {
        pid = co_await pool.run(jobs::own_pid_job);
        ::kill(pid, SIGKILL);
        const auto replaced = [&pool] { return pool.stats().births() == 2; };
        co_await until(replaced);
    });
    CHECK(lines.count(
              "warning a worker died outside a job pool=digests worker=" + std::to_string(pid) +
              " reason=SIGKILL: perhaps out of memory exit=SIGKILL") == 1);
    CHECK(lines.count("warning") == 1);
}

// The thread sanitizer takes a signal itself and holds back its handler while recvmsg() waits.
#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a worker that leaves because of SIGTERM, or with its pool, is no warning") {
    const LogLines lines;
    pid_t pid = -1;
    with_processes(digests(2), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        pid = co_await pool.run(jobs::own_pid_job);
        ::kill(pid, SIGTERM);
        const auto replaced = [&pool] { return pool.stats().births() == 3; };
        co_await until(replaced);
    });
    CHECK(lines.count("info a worker left as asked pool=digests worker=" + std::to_string(pid)) ==
          1);
    CHECK(lines.count("warning") == 0);
}
#endif

TEST_CASE("a death that its caller is told of is not logged a second time") {
    const LogLines lines;
    with_processes(digests(1), [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::kill_self_job, SIGSEGV), outcome);
        CHECK(outcome.find("died: SIGSEGV") != std::string::npos);
    });
    CHECK(lines.count("warning") == 0);
}

TEST_CASE("the death of a zygote and of a standby is one warning each") {
    const LogLines lines;
    ProcessPoolOptions options = digests(1);
    const auto zygote = options.zygote;
    Zygote::Stats before;
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        before = zygote->stats();
        ::kill(before.zygote, SIGKILL);
        const auto taken_over = [&] {
            const auto now = zygote->stats();
            return now.zygote == before.standby && now.standby > 0;
        };
        co_await until(taken_over);
        const auto after = zygote->stats();
        ::kill(after.standby, SIGSEGV);
        const auto replaced = [&] {
            const pid_t standby = zygote->stats().standby;
            return standby > 0 && standby != after.standby;
        };
        co_await until(replaced);
    });
    CHECK(lines.count("warning the standby took over from a dead zygote zygote=" +
                      std::to_string(before.standby) +
                      " dead_zygote=" + std::to_string(before.zygote) + " reason=SIGKILL") == 1);
    CHECK(lines.count("warning the standby of the zygote died standby=") == 1);
    CHECK(lines.count("reason=SIGSEGV") == 1);
    CHECK(lines.count("warning") == 2);
    CHECK(lines.count("critical") == 0);
}

TEST_CASE("with both gone one line says that nothing is replaced, and refusals are logged") {
    const LogLines lines;
    ProcessPoolOptions options = digests(1);
    const auto zygote = options.zygote;
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        co_await kill_family(*zygote);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto none_left = [&pool] { return pool.stats().ready == 0; };
        co_await until(none_left);
        for (int i = 0; i < 3; ++i) {
            std::string outcome;
            co_await tell(pool.run(jobs::add_job, 40, 2), outcome);
            CHECK(outcome.find("process pool digests has no worker left: ") == 0);
        }
    });
    CHECK(lines.count("critical no zygote is left: running workers go on, none is replaced") == 1);
    const std::string refused = "warning a pool refused jobs pool=digests count=";
    const std::string last = " last=process pool digests has no worker left: ";
    CHECK(lines.count(refused + "1" + last) == 1);
    CHECK(lines.count(refused + "2" + last) == 1);  // with the end of the pool at the latest
    CHECK(lines.count(refused) == 2);
}

TEST_CASE("a worker logs at the level its server has when a job begins") {
    const LogLines lines;
    const log::Level before = log::level();
    with_processes(digests(1), [](ProcessPool& pool) -> Task<> {
        co_await pool.run(jobs::say_job, std::string("too early"));
        log::set_level(log::Level::debug);
        co_await pool.run(jobs::say_job, std::string("wanted"));
        log::set_level(log::Level::info);
        co_await pool.run(jobs::say_job, std::string("too late"));
    });
    log::set_level(before);
    CHECK(lines.count("debug wanted") == 1);
    CHECK(lines.count("too ") == 0);
}
