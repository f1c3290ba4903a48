#include "jobs.hpp"
#include "with_processes.hpp"

#include <troika/workers/zygote.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <numeric>
#include <stdexcept>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

TEST_CASE("a job runs in another process and its result comes back") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        const int sum = co_await to_process(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        const pid_t pid = co_await pool.run(jobs::own_pid_job);
        CHECK(pid != ::getpid());
        const auto squares = co_await pool.run(jobs::squares_job, std::vector<std::int64_t>(3, -7));
        CHECK(squares == std::vector<std::int64_t>(3, 49));
        CHECK(pool.stats().outcomes[JobOutcome::finished] == 3);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("payloads of every size arrive unchanged, 64 MB included") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        for (const std::size_t size : {0UL, 1UL, 65'536UL, 300'000UL, 64UL * 1024 * 1024}) {
            std::string text(size, '\0');
            std::iota(text.begin(), text.end(), '\1');
            std::string sent = text;
            const std::string echoed = co_await pool.run(jobs::echo_job, std::move(sent));
            CHECK(echoed.size() == size);
            CHECK(bool(echoed == text));
        }
    });
}

TEST_CASE("arguments and results beyond the pool's limits are refused with both numbers") {
    ProcessPoolOptions options{.processes = 1};
    options.max_argument = 2000;
    options.max_result = 1000;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::echo_job, std::string(3000, 'x')), outcome);
        CHECK(outcome.find("more than the pool's max_argument of 2000") != std::string::npos);
        co_await tell(pool.run(jobs::echo_job, std::string(1500, 'x')), outcome);
        CHECK(outcome.find("more than the pool's max_result of 1000") != std::string::npos);
        const std::string echoed = co_await pool.run(jobs::echo_job, std::string(900, 'x'));
        CHECK(echoed.size() == 900);
    });
}

TEST_CASE("what a job throws crosses as data and its worker lives on") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const pid_t before = co_await pool.run(jobs::own_pid_job);
        std::string outcome;
        co_await tell(pool.run(jobs::fail_job, std::string("row 7")), outcome);
        CHECK(outcome == "job test.fail: std::invalid_argument: row 7");
        const pid_t after = co_await pool.run(jobs::own_pid_job);
        CHECK(before == after);
        CHECK(pool.stats().outcomes[JobOutcome::threw] == 1);
    });
}

TEST_CASE("whatever an error codec throws is its caller's, though it be no std::exception") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 100; ++i) {  // through the socket and through shared memory
            int number = 0;
            try {
                co_await pool.run(jobs::be_odd_job);
            } catch (const jobs::Oddity& oddity) {
                number = oddity.number;
            }
            CHECK(number == 7);
        }
        CHECK(pool.stats().outcomes[JobOutcome::threw] == 100);
    });
}

TEST_CASE("a full queue refuses at once, and whoever waits too long is told so") {
    const TemporaryFolder folder;
    ProcessPoolOptions options{.processes = 1, .queue_limit = 1, .queue_wait = 20ms};
    options.stop_grace = 10ms;
    options.name = "digests";
    with_processes(std::move(options), [&folder](ProcessPool& pool) -> Task<> {
        TaskGroup group("jobs");
        co_await pool.wait_ready();
        auto release = folder.file("release");
        group.spawn("running",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("pid"), release), release));
        std::string waited, refused;
        group.spawn("queued", tell(pool.run(jobs::add_job, 1, 1), waited));
        co_await sleep_for(0s);
        co_await tell(pool.run(jobs::add_job, 1, 1), refused);
        CHECK(refused == "process pool digests: 1 jobs are waiting");
        const auto has_waited = [&waited] { return !waited.empty(); };
        co_await until(has_waited);
        CHECK(waited == "process pool digests: no worker was free in 20 ms");
        co_await pool.stop(StopMode::now, 0s);
        co_await group.join();
    });
}

TEST_CASE("a queued job is dropped when its caller is cancelled and never reaches a worker") {
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        TaskGroup group("jobs");
        const std::string release = folder.file("release");
        std::string running, queued;
        group.spawn("running",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), running));
        const auto second = group.spawn(
            "queued", tell(pool.run(jobs::wait_for_file_job, folder.file("b"), release), queued));
        const auto depth_one = [&pool] { return pool.stats().depth == 1; };
        co_await until(depth_one);
        group.cancel(second, CancelReason::client_gone);
        const auto left = [&queued] { return !queued.empty(); };
        co_await until(left);
        CHECK(queued == "cancelled: client_gone");
        CHECK(pool.stats().depth == 0);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(running == "finished");
        CHECK(::access(folder.file("b").c_str(), F_OK) != 0);
        CHECK(pool.stats().outcomes[JobOutcome::withdrawn] == 1);
    });
}

TEST_CASE(
    "the caller of a running job is freed at once, the job is asked to stop and its worker kept") {
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&folder](ProcessPool& pool) -> Task<> {
        const pid_t before = co_await pool.run(jobs::own_pid_job);
        const std::string path = folder.file("polite");
        TaskGroup group("jobs");
        std::string outcome;
        const auto running =
            group.spawn("polite", tell(pool.run(jobs::loop_politely_job, path), outcome));
        const auto started = [&path] { return read_file(path) == "started"; };
        co_await until(started);
        group.cancel(running, CancelReason::client_gone);
        co_await group.join();
        CHECK(outcome == "cancelled: client_gone");
        const auto discarded = [&pool] { return pool.stats().discarded == 1; };
        co_await until(discarded);
        CHECK(read_file(path) == "stopped");
        const pid_t after = co_await pool.run(jobs::own_pid_job);
        CHECK(before == after);
        CHECK(pool.stats().kills == 0);
    });
}

TEST_CASE("gunicorn#3626: a late answer never reaches another caller", "[peers]") {
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string first;
        const auto running = group.spawn(
            "late", tell(pool.run(jobs::wait_for_file_job, folder.file("pid"), release), first));
        const auto started = [&folder] { return !read_file(folder.file("pid")).empty(); };
        co_await until(started);
        group.cancel(running, CancelReason::client_gone);
        co_await group.join();
        TaskGroup next("jobs");
        auto sum = pool.run(jobs::add_job, 40, 2);
        int answer = 0;
        next.spawn("next", [](Task<int> sum, int& answer) -> Task<> {
            answer = co_await std::move(sum);
        }(std::move(sum), answer));
        const auto queued = [&pool] { return pool.stats().depth == 1; };
        co_await until(queued);
        ::close(::creat(release.c_str(), 0600));  // now the late answer comes
        co_await next.join();
        CHECK(answer == 42);
        CHECK(pool.stats().discarded == 1);
    });
}

TEST_CASE("a job that loops forever ends at its deadline and its process is gone") {
    ProcessPoolOptions options{.processes = 1, .stop_grace = 20ms};
    options.job_deadline = 30ms;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        const RunOptions patient{.deadline = 60s};
        const pid_t before = co_await pool.run(patient, jobs::own_pid_job);
        std::string outcome;
        co_await tell(pool.run(jobs::loop_forever_job), outcome);
        CHECK(outcome == "job test.loop_forever: not finished in 30 ms");
        const auto gone = [before] { return !process_info(before); };
        co_await until(gone);
        const pid_t after = co_await pool.run(patient, jobs::own_pid_job);
        CHECK(after != before);
        CHECK(pool.stats().kills == 1);
        CHECK(pool.stats().outcomes[JobOutcome::timed_out] == 1);
        CHECK(pool.stats().crashes.empty());
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("the deadline of the awaiting scope kills the worker of a job that does not stop") {
    with_processes({.processes = 1, .stop_grace = 20ms}, [](ProcessPool& pool) -> Task<> {
        const pid_t before = co_await pool.run(jobs::own_pid_job);
        std::string outcome;
        co_await tell(with_timeout(30ms, pool.run(jobs::loop_forever_job)), outcome);
        const auto gone = [before] { return !process_info(before); };
        co_await until(gone);
        CHECK(pool.stats().kills == 1);
    });
}

TEST_CASE("workers see their preloads, their own state and the latest settings") {
    const auto words = std::vector<std::string>{"alpha", "beta"};
    auto zygote = workers::Zygote::process_wide()->fork_with({preload<jobs::Dictionary>(words)});
    ProcessPoolOptions options{.processes = 1, .zygote = zygote};
    options.worker_start.push_back(worker_start(&jobs::connect, "db://one"));
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        const std::string text = co_await pool.run(jobs::state_job);
        CHECK(text == "db://one 1 beta");
        std::string settings = co_await pool.run(jobs::settings_job);
        CHECK(settings.empty());
        pool.set_settings("level=debug");
        settings = co_await pool.run(jobs::settings_job);
        CHECK(settings == "level=debug");
        ::kill(pool.stats().pids.at(0), SIGKILL);
        const auto replaced = [&pool] { return pool.stats().births() == 2; };
        co_await until(replaced);
        settings = co_await pool.run(jobs::settings_job);
        CHECK(settings == "level=debug");
    });
}

TEST_CASE("settings that cannot be sent fail the job before it, and are sent with the next one") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::string large(1 << 20, 's');  // goes in a memory file
        pool.set_settings(large);
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        rlimit none = before;
        none.rlim_cur = 0;
        std::string outcome;
        ::setrlimit(RLIMIT_NOFILE, &none);
        co_await tell(pool.run(jobs::settings_job), outcome);
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(outcome.find("settings") != std::string::npos);
        const std::string settings = co_await pool.run(jobs::settings_job);
        CHECK(settings == large);
    });
}

TEST_CASE("without its preload or state a job gets an error that says what is missing") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::state_job), outcome);
        CHECK(outcome.find("no worker_start hook of this pool returns this type") !=
              std::string::npos);
    });
}

TEST_CASE("stopping drains what is queued and running") {
    EventLoop loop;
    ProcessPool pool(loop, {.processes = 2});
    loop.run([](ProcessPool& pool) -> Task<> {
        TaskGroup group("jobs");
        int done = 0;
        for (int i = 0; i < 20; ++i) {
            group.spawn("job", [](ProcessPool& pool, int& done) -> Task<> {
                done += co_await pool.run(jobs::add_job, 1, 0);
            }(pool, done));
        }
        co_await sleep_for(0s);
        co_await pool.stop(StopMode::drain, 10s);
        co_await group.join();
        CHECK(done == 20);
        std::string outcome;
        co_await tell(pool.run(jobs::add_job, 1, 1), outcome);
        CHECK(outcome == "process pool processes is stopping");
        co_await pool.stop(StopMode::now, 0s);
    }(pool));
}

TEST_CASE("stopping at the deadline kills what does not end and tells its caller") {
    EventLoop loop;
    ProcessPool pool(loop, {.processes = 1, .stop_grace = 10ms});
    loop.run([](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        TaskGroup group("jobs");
        std::string outcome;
        group.spawn("endless", tell(pool.run(jobs::loop_forever_job), outcome));
        co_await sleep_for(0s);
        co_await pool.stop(StopMode::drain, 20ms);
        co_await group.join();
        CHECK(outcome == "job test.loop_forever: process pool processes has stopped");
    }(pool));
    CHECK(zombies() == std::vector<std::string>());
}

// One body over both pools, by changing one type.
TEMPLATE_TEST_CASE("threads and processes are called, mapped, counted and stopped alike", "",
                   ThreadPool, ProcessPool) {
    EventLoop loop;
    TestType pool(loop);
    loop.run([](TestType& pool) -> Task<> {
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        const std::vector<std::tuple<int, int>> pairs{{1, 2}, {3, 4}, {5, 6}};
        const std::vector<int> sums = co_await pool.map(pairs, jobs::add_job, 2);
        CHECK(sums == std::vector<int>{3, 7, 11});
        const std::vector<std::string> texts{"a", "b"};
        const auto settled = co_await pool.map_settled(texts, jobs::fail_job);
        CHECK(settled.size() == 2);
        CHECK_FALSE(settled.at(0));
        CHECK(pool.stats().depth == 0);
        CHECK(pool.stats().outcomes[JobOutcome::finished] == 4);
        CHECK(pool.stats().outcomes[JobOutcome::threw] == 2);
        CHECK(pool.stats().outcomes.total() == 6);
        co_await pool.stop(StopMode::drain, 10s);
    }(pool));
}
