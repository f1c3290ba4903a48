#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <troika/workers/zygote.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;
using workers::Zygote;

extern char** environ;

namespace {

ProcessPoolOptions on_own_zygote(int processes) {
    ProcessPoolOptions options{.processes = processes};
    options.zygote = Zygote::process_wide()->fork_with({});
    return options;
}

}  // namespace

TEST_CASE("the zygote's family has its names and its place, and holds nothing of the server") {
    const UniqueFd secret(::open("/etc/hostname", O_RDONLY));
    with_processes(on_own_zygote(1), [](ProcessPool& pool) -> Task<> {
        const pid_t pid = co_await pool.run(jobs::own_pid_job);
        CHECK(process_info(pid).value().name == "troika-worker");
        CHECK(::getpgid(pid) == pid);
        const auto descriptors = descriptors_of(pid);
        CHECK(descriptors.size() == 4);
        CHECK(descriptors.at(0) == "0 /dev/null");
        CHECK(descriptors.at(3).substr(0, 9) == "3 socket:");
        const int nice = ::getpriority(PRIO_PROCESS, 0);
        const int priority = co_await pool.run(jobs::priority_job);
        CHECK(priority == nice + 5);
        const auto family = children_of(::getpid());
        for (const char* name : {"troika-zygote", "troika-standby", "troika-worker"}) {
            CHECK(std::any_of(family.begin(), family.end(),
                              [name](const ProcessInfo& child) { return child.name == name; }));
        }
    });
}

TEST_CASE(
    "when the zygote is killed running jobs finish, the standby takes over, crashes are still "
    "replaced") {
    const TemporaryFolder folder;
    ProcessPoolOptions options = on_own_zygote(1);
    const auto zygote = options.zygote;
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string outcome;
        group.spawn("job",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), outcome));
        const auto runs = [&folder] { return !read_file(folder.file("a")).empty(); };
        co_await until(runs);
        const auto before = zygote->stats();
        ::kill(before.zygote, SIGKILL);
        const auto taken_over = [&zygote] {
            return zygote->stats().takeovers == 1 && zygote->stats().standby > 0;
        };
        co_await until(taken_over);
        CHECK(zygote->stats().zygote == before.standby);
        CHECK(zygote->stats().standby != before.standby);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(outcome == "finished");
        const pid_t worker = std::stoi(read_file(folder.file("a")));
        ::kill(worker, SIGKILL);
        const auto replaced = [&pool] { return pool.stats().births() == 2; };
        co_await until(replaced);
        const pid_t next = co_await pool.run(jobs::own_pid_job);
        CHECK(next != worker);
        CHECK_FALSE(pool.not_ready());
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a killed standby is replaced") {
    ProcessPoolOptions options = on_own_zygote(1);
    const auto zygote = options.zygote;
    with_processes(std::move(options), [&zygote](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto before = zygote->stats();
        ::kill(before.standby, SIGKILL);
        const auto replaced = [&] {
            const pid_t standby = zygote->stats().standby;
            return standby > 0 && standby != before.standby;
        };
        co_await until(replaced);
        CHECK(zygote->stats().zygote == before.zygote);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("with zygote and standby gone running workers serve on; without any the pool refuses") {
    const LogLines lines;
    ProcessPoolOptions options = on_own_zygote(2);
    const auto zygote = options.zygote;
    options.name = "digests";
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        co_await kill_family(*zygote);
        CHECK(lines.count("critical no zygote is left") == 1);
        CHECK(lines.count("could not fork its standby") == 0);
        const std::string reason = pool.not_ready().value_or("");
        CHECK(reason.find("the zygote and its standby are gone") != std::string::npos);
        CHECK_FALSE(pool.not_alive());
        int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto one_left = [&pool] { return pool.stats().ready == 1; };
        co_await until(one_left);
        sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto none_left = [&pool] { return pool.stats().ready == 0; };
        co_await until(none_left);
        std::string outcome;
        co_await tell(pool.run(jobs::add_job, 40, 2), outcome);
        CHECK(outcome.find("process pool digests has no worker left") == 0);
        CHECK(pool.not_alive() == outcome);
        CHECK(pool.stats().outcomes[JobOutcome::no_worker] == 1);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("of two zygotes that die one after the other each is told under its own number") {
    const LogLines lines;
    ProcessPoolOptions options = on_own_zygote(1);
    const auto zygote = options.zygote;
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto family = zygote->stats();
        ::kill(family.standby, SIGSTOP);  // so that it makes no standby of its own
        ::kill(family.zygote, SIGKILL);
        const auto taken_over = [&] {
            zygote->check();
            return zygote->stats().zygote == family.standby;
        };
        co_await until(taken_over);
        ::kill(family.standby, SIGKILL);
        const auto both_gone = [&] {
            zygote->check();
            return zygote->stats().gone;
        };
        co_await until(both_gone);
        const std::string first = std::to_string(family.zygote);
        const std::string second = std::to_string(family.standby);
        CHECK(lines.count("the standby took over from a dead zygote zygote=" + second +
                          " dead_zygote=" + first) == 1);
        CHECK(lines.count("none is replaced zygote=" + second) == 1);
        CHECK(zygote->stats().takeovers == 1);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a preload that throws is told where the zygote is made") {
    std::string outcome;
    try {
        Zygote::process_wide()->fork_with({preload<jobs::Stubborn>(7)});
    } catch (const RemoteError& error) {
        outcome = error.text();
    }
    CHECK(outcome == "no room for 7");
    CHECK(zombies() == std::vector<std::string>());
}

// Run by the test below in a process of its own: says who belongs to it, then waits to be killed.
TEST_CASE("server to be killed", "[.server]") {
    EventLoop loop;
    ProcessPool pool(loop, {.processes = 2});
    loop.run([](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        TaskGroup group("jobs");
        group.spawn("endless", pool.run(jobs::loop_forever_job));
        co_await sleep_for(10ms);
        std::ostringstream text;
        const auto family = Zygote::process_wide()->stats();
        text << family.zygote << ' ' << family.standby;
        for (const pid_t pid : pool.stats().pids) text << ' ' << pid;
        const std::string line = text.str();
        CHECK(::write(9, line.data(), line.size()) > 0);
        co_await group.join();
    }(pool));
}

TEST_CASE("kill -9 of the server leaves no process behind, busy or idle") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], 9);
    ::posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string self = "integration_workers", tag = "[.server]";
    char* arguments[] = {self.data(), tag.data(), nullptr};
    pid_t server = -1;
    REQUIRE(::posix_spawn(&server, "/proc/self/exe", &actions, nullptr, arguments, environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    char line[256] = {};
    REQUIRE(::read(ends[0], line, sizeof line - 1) > 0);
    ::close(ends[0]);
    std::vector<pid_t> family;
    std::istringstream words(line);
    for (pid_t pid = 0; words >> pid;) family.push_back(pid);
    REQUIRE(family.size() == 4);
    for (const pid_t pid : family) CHECK_FALSE(gone_or_zombie(pid));

    ::kill(server, SIGKILL);
    int status = 0;
    ::waitpid(server, &status, 0);
    EventLoop loop;
    const auto all_gone = [&family] {
        return std::all_of(family.begin(), family.end(), &gone_or_zombie);
    };
    loop.run(until(all_gone));
    // As PID 1 this process adopted them.
    for (const pid_t pid : family) ::waitpid(pid, nullptr, 0);
}
