#include "bad_jobs.hpp"
#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <troika/workers/zygote.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

// A zygote that lives and does not do what it is asked.

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;
using workers::Zygote;

namespace {

ProcessPoolOptions on_hanging_zygotes(int processes) {
    ProcessPoolOptions options{.processes = processes};
    options.zygote = Zygote::process_wide()->fork_with({});
    return options;
}

// Nobody's, and not that of another run of this test: the kernel counts a user's processes everywhere.
const auto kUser = static_cast<uid_t>(
    1'000'000 + std::chrono::steady_clock::now().time_since_epoch().count() % 1'000'000'000);

// Makes its zygote one of a user who may have three processes: itself, a standby and a worker.
struct Confined {
    Confined() {
        const rlimit three{3, 3};
        if (::setresuid(-1, -1, kUser) != 0 || ::setrlimit(RLIMIT_NPROC, &three) != 0) return;
        if (::setresuid(kUser, kUser, kUser) != 0) ::_exit(1);
    }
};

// All these, killed by whoever gave them up, have ended and are reaped; looking at them is the loop's
// part, which is over.
bool reaped(Zygote& zygote, const std::vector<pid_t>& hung) {
    return eventually([&] {
        zygote.check();
        return std::all_of(hung.begin(), hung.end(),
                           [](pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; });
    });
}

bool is_confined(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    return text.find("Uid:\t" + std::to_string(kUser)) != std::string::npos;
}

// Longer than a zygote that does not hang takes on the slowest machine: then it would be killed too.
constexpr auto kBirthTimeout = 500ms;

}  // namespace

TEST_CASE("a zygote that hangs is killed after the birth timeout and the standby takes over") {
    ProcessPoolOptions options = on_hanging_zygotes(2);
    options.birth_timeout = kBirthTimeout;
    const auto zygote = options.zygote;
    const pid_t hung = zygote->stats().zygote;
    with_processes(std::move(options), [&zygote](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto before = zygote->stats();
        ::kill(before.zygote, SIGSTOP);
        for (const pid_t pid : pool.stats().pids) ::kill(pid, SIGKILL);
        // A job given to a worker whose death was not noticed yet is requeued only once.
        const auto gone = [&pool] { return pool.stats().ready == 0; };
        co_await until(gone);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        co_await pool.wait_ready();
        CHECK(zygote->stats().zygote == before.standby);
        CHECK(zygote->stats().takeovers == 1);
    });
    CHECK(reaped(*zygote, {hung}));
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("one zygote after another hangs, and each time the next standby takes over") {
    ProcessPoolOptions options = on_hanging_zygotes(1);
    options.birth_timeout = kBirthTimeout;
    const auto zygote = options.zygote;
    std::vector<pid_t> hung;
    with_processes(std::move(options), [&zygote, &hung](ProcessPool& pool) -> Task<> {
        for (std::uint64_t hangs = 1; hangs <= 4; ++hangs) {
            co_await pool.wait_ready();
            const auto has_standby = [&zygote] { return zygote->stats().standby > 0; };
            co_await until(has_standby);
            const auto before = zygote->stats();
            ::kill(before.zygote, SIGSTOP);
            hung.push_back(before.zygote);
            ::kill(pool.stats().pids.at(0), SIGKILL);
            const auto replaced = [&] { return pool.stats().births() == hangs + 1; };
            co_await until(replaced);
            CHECK(zygote->stats().zygote == before.standby);
            CHECK(zygote->stats().takeovers == hangs);
        }
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
    });
    CHECK(reaped(*zygote, hung));
    CHECK(zombies() == std::vector<std::string>());
}

// A second hang before there is another standby must not take the last zygote there is.
TEST_CASE("a zygote that hangs without a standby is waited for, and told, until it goes on") {
    const LogLines lines;
    ProcessPoolOptions options = on_hanging_zygotes(2);
    options.birth_timeout = kBirthTimeout;
    const auto zygote = options.zygote;
    std::vector<pid_t> hung{zygote->stats().zygote};
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto before = zygote->stats();
        ::kill(before.standby, SIGSTOP);
        ::kill(before.zygote, SIGSTOP);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto told = [&lines] { return lines.count("does not answer and has no") > 0; };
        co_await until(told);
        CHECK(zygote->stats().zygote == before.standby);
        CHECK(zygote->stats().takeovers == 1);
        const auto not_ready = [&pool] { return pool.not_ready().has_value(); };
        co_await until(not_ready);
        const std::string reason = pool.not_ready().value_or("");
        CHECK(reason ==
              "process pool processes: the zygote does not answer and has no standby: "
              "no worker is replaced");
        // The worker that is left serves on.
        int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        // Several birth timeouts later nobody was killed.
        co_await sleep_for(3 * kBirthTimeout);
        CHECK(zygote->stats().zygote == before.standby);
        CHECK(lines.count("does not answer and has no") == 1);
        CHECK(lines.count("the standby took over") == 0);
        ::kill(before.standby, SIGCONT);
        co_await pool.wait_ready();
        const auto has_standby = [&zygote] { return zygote->stats().standby > 0; };
        co_await until(has_standby);
        CHECK_FALSE(pool.not_ready());
        CHECK(lines.count("the standby took over") == 1);
        // And the one that takes over from it is as good as the first.
        const auto family = zygote->stats();
        ::kill(family.zygote, SIGSTOP);
        hung.push_back(family.zygote);
        for (const pid_t pid : pool.stats().pids) ::kill(pid, SIGKILL);
        const auto gone = [&pool] { return pool.stats().ready == 0; };
        co_await until(gone);
        sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        CHECK(zygote->stats().zygote == family.standby);
    });
    CHECK(reaped(*zygote, hung));
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a pool can be stopped while its zygote and the standby hang") {
    ProcessPoolOptions options = on_hanging_zygotes(1);
    options.birth_timeout = 20ms;
    options.stop_grace = 20ms;
    const auto zygote = options.zygote;
    const auto hung = zygote->stats();
    with_processes(std::move(options), [&zygote](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto family = zygote->stats();
        ::kill(family.standby, SIGSTOP);
        ::kill(family.zygote, SIGSTOP);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto waited_for = [&pool] {
            return pool.not_ready().value_or("").find("does not answer") != std::string::npos;
        };
        co_await until(waited_for);
    });
    CHECK(reaped(*zygote, {hung.zygote, hung.standby}));
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a pool can be stopped while its zygote hangs") {
    ProcessPoolOptions options = on_hanging_zygotes(1);
    options.stop_grace = 20ms;
    const auto zygote = options.zygote;
    const pid_t hung = zygote->stats().zygote;
    with_processes(std::move(options), [&zygote](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        ::kill(zygote->stats().zygote, SIGSTOP);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto gone = [&pool] { return pool.stats().ready == 0; };
        co_await until(gone);
    });
    CHECK(reaped(*zygote, {hung}));
    CHECK(zombies() == std::vector<std::string>());
}

// As where a limit of processes is reached: what the server asks for then must not burn its CPU.
TEST_CASE("a zygote that cannot fork a standby is asked ever more rarely, and at last has one") {
    const LogLines lines;
    ProcessPoolOptions options{.processes = 1};
    options.zygote = Zygote::process_wide()->fork_with({preload<Confined>()});
    const auto zygote = options.zygote;
    if (!is_confined(zygote->stats().zygote)) {
        WARN("skipped: this process may not become another user");
        return;
    }
    with_processes(std::move(options), [&](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const auto before = zygote->stats();
        ::kill(before.zygote, SIGSTOP);
        ::kill(before.standby, SIGKILL);
        const auto noticed = [&zygote] { return zygote->stats().standby < 0; };
        co_await until(noticed);
        const pid_t third = co_await pool.run(jobs::leave_child_job);
        ::kill(before.zygote, SIGCONT);
        const auto told = [&lines] { return lines.count("could not fork its standby") > 0; };
        co_await until(told);
        const std::uint64_t asked = zygote->watch().version;
        co_await sleep_for(300ms);
        CHECK(zygote->watch().version - asked < 20);  // two for each time
        CHECK(lines.count("could not fork its standby") == 1);
        ::kill(third, SIGKILL);
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto has_standby = [&zygote, third] {
            ::waitpid(third, nullptr, WNOHANG);  // as PID 1 this process has adopted it
            return zygote->stats().standby > 0;
        };
        co_await until(has_standby);
        CHECK(zygote->stats().zygote == before.zygote);
    });
    CHECK(zombies() == std::vector<std::string>());
}
