#include "bad_jobs.hpp"
#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <troika/observe/log.hpp>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

// Whatever worker processes do must come out alike when server and workers look for each other's frames
// in shared memory instead of sleeping in the kernel.
namespace {

// They look for each other all the time, once the first answer has been quick.
ProcessPoolOptions eager(int processes) {
    ProcessPoolOptions options{.processes = processes};
    options.spin = 20ms;
    return options;
}

// Until an answer has come by mail, from every worker that stands now.
Task<> get_used_to_mail(ProcessPool& pool) {
    co_await pool.wait_ready();
    const auto before = pool.stats().mailed;
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (pool.stats().mailed < before + 10 && std::chrono::steady_clock::now() < limit)
        co_await pool.run(jobs::add_job, 1, 2);
    REQUIRE(pool.stats().mailed >= before + 10);
}

}  // namespace

TEST_CASE("by mail: every size of argument and result arrives as it was sent") {
    with_processes(eager(2), [](ProcessPool& pool) -> Task<> {
        co_await get_used_to_mail(pool);
        for (const std::size_t size : {0, 1, 16'000, 16'384, 16'400, 70'000, 3'000'000}) {
            for (int i = 0; i < 5; ++i) {
                std::string text(size, 'x');
                if (size > 0) text[size - 1] = static_cast<char>('a' + i);
                const std::string back = co_await pool.run(jobs::echo_job, text);
                CHECK(back == text);
            }
        }
        const auto stats = pool.stats();
        CHECK(stats.mailed < stats.outcomes[JobOutcome::finished]);  // not the large ones
    });
}

TEST_CASE("by mail: many callers each get their own answer") {
    with_processes(eager(2), [](ProcessPool& pool) -> Task<> {
        co_await get_used_to_mail(pool);
        int wrong = 0;
        TaskGroup group("callers");
        for (int caller = 0; caller < 32; ++caller) {
            group.spawn("caller", [](ProcessPool& pool, int caller, int& wrong) -> Task<> {
                for (int i = 0; i < 100; ++i) {
                    const int sum = co_await pool.run(jobs::add_job, 1000 * caller, i);
                    if (sum != 1000 * caller + i) ++wrong;
                }
            }(pool, caller, wrong));
        }
        co_await group.join();
        CHECK(wrong == 0);
    });
}

TEST_CASE("by mail: what a job prints and logs is older than its answer") {
    const LogLines lines;
    const auto level = log::level();
    log::set_level(log::Level::debug);
    with_processes(eager(1), [&lines](ProcessPool& pool) -> Task<> {
        co_await get_used_to_mail(pool);
        for (int i = 1; i <= 20; ++i) {
            co_await pool.run(jobs::print_job, std::string("one\ncut"), std::string("oh no\n"));
            CHECK(lines.count("info a worker wrote to stdout line=one job=bad.print") == i);
            CHECK(lines.count("info a worker wrote to stdout line=cut job=bad.print") == i);
            CHECK(lines.count("warning a worker wrote to stderr line=oh no job=bad.print") == i);
            co_await pool.run(jobs::say_job, "said " + std::to_string(i) + ".");
            CHECK(lines.count("said " + std::to_string(i) + ".") == 1);
        }
        CHECK(pool.stats().mailed > 20);
    });
    log::set_level(level);
}

TEST_CASE("by mail: new settings reach a worker before the next job") {
    with_processes(eager(1), [](ProcessPool& pool) -> Task<> {
        co_await get_used_to_mail(pool);
        for (int i = 0; i < 50; ++i) {
            pool.set_settings("version " + std::to_string(i));
            const std::string seen = co_await pool.run(jobs::settings_job);
            CHECK(seen == "version " + std::to_string(i));
        }
    });
}

TEST_CASE("by mail: an answer that ends a worker's lease makes room for its successor") {
    for (int processes = 1; processes <= 4; ++processes) {
        ProcessPoolOptions options = eager(processes);
        options.recycle = {.jobs = 20};
        with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
            co_await get_used_to_mail(pool);
            for (int i = 0; i < 200; ++i) {
                const int sum = co_await pool.run(jobs::add_job, i, 1);
                CHECK(sum == i + 1);
            }
            // The old one leaves once its successor is ready.
            const auto recycled = [&pool] {
                return pool.stats().recycled[workers::RecycleCause::jobs] > 0;
            };
            co_await until(recycled);
        });
    }
}

TEST_CASE(
    "by mail: a large answer through the socket leaves no mailbox open that nobody looks into") {
    ProcessPoolOptions options{.processes = 2};
    options.spin = 2ms;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        const TemporaryFolder folder;
        for (int round = 0; round < 10; ++round) {
            co_await get_used_to_mail(pool);
            const std::string release = folder.file("release" + std::to_string(round));
            TaskGroup group("slow");
            std::string outcome, small;
            group.spawn("slow", tell(pool.run(jobs::wait_for_file_job, folder.file("pid"), release),
                                     outcome));
            const std::string large = co_await pool.run(jobs::echo_job, std::string(20'000, 'x'));
            CHECK(large.size() == 20'000);
            co_await sleep_for(50ms);  // the loop has given up looking for the slow one's answer
            const RunOptions limits{.deadline = 2s};
            co_await tell(pool.run(limits, jobs::add_job, 1, 1), small);
            CHECK(small == "finished");
            ::close(::creat(release.c_str(), 0600));
            co_await group.join();
        }
    });
}

TEST_CASE(
    "by mail: a job that spoils or closes its channel has not finished, though its worker then "
    "leaves") {
    with_processes(eager(1), [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 16; ++i) {
            co_await get_used_to_mail(pool);
            std::string outcome;
            co_await tell(pool.run(jobs::spoil_and_leave_job, i % 2), outcome);
            CAPTURE(i, outcome);
            CHECK(outcome.find("job bad.spoil_and_leave: worker ") == 0);
            co_await pool.run(jobs::spoil_and_leave_job,
                              2);  // ten deaths in a row would suspend it
        }
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("by mail: nonsense on the channel is the fault of the job that wrote it") {
    with_processes(eager(1), [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < static_cast<int>(jobs::Nonsense::last); ++i) {
            CAPTURE(i);
            co_await get_used_to_mail(pool);
            std::string outcome;
            co_await tell(pool.run(jobs::nonsense_job, i), outcome);
            CHECK(outcome.find("job bad.nonsense: worker ") == 0);
            CHECK(outcome.find("and was killed") != std::string::npos);
            // Neither its breaker nor the next job's caller hears of it.
            co_await pool.run(jobs::nonsense_job, static_cast<int>(jobs::Nonsense::last));
        }
        co_await get_used_to_mail(pool);
        std::string closed;
        co_await tell(pool.run(jobs::close_everything_job), closed);
        CHECK(closed.find("job test.close_everything: worker ") == 0);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("by mail: nobody else gets a second answer, or the answer of a job's child") {
    with_processes(eager(1), [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 5; ++i) {
            co_await get_used_to_mail(pool);
            const int only = co_await pool.run(jobs::return_twice_job);
            CHECK(only == 1);
            const int first = co_await pool.run(jobs::answer_twice_job);
            CHECK(first == 1);
            std::string outcome;
            co_await tell(pool.run(jobs::echo_job, std::string("mine")), outcome);
            const bool right =
                outcome == "finished" ||
                outcome.find("it answered a job it was not given") != std::string::npos;
            CHECK(right);
        }
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("by mail: crashes, errors, deadlines and callers who leave end as ever") {
    with_processes(eager(2), [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 5; ++i) {
            co_await get_used_to_mail(pool);
            std::string outcome;
            co_await tell(pool.run(jobs::kill_self_job, SIGSEGV), outcome);
            CHECK(outcome.find("SIGSEGV") != std::string::npos);
            co_await get_used_to_mail(pool);
            co_await tell(pool.run(jobs::fail_job, std::string("no such thing")), outcome);
            CHECK(outcome.find("no such thing") != std::string::npos);
            const RunOptions hurried{.deadline = 20ms};
            co_await tell(pool.run(hurried, jobs::loop_politely_job, std::string("/dev/null")),
                          outcome);
            CHECK(outcome.find("not finished in 20 ms") != std::string::npos);
            TaskGroup group("left");
            group.spawn("job",
                        tell(pool.run(jobs::loop_politely_job, std::string("/dev/null")), outcome));
            co_await sleep_for(5ms);
            group.cancel(CancelReason::asked);
            co_await group.join();
        }
        const std::string still = co_await pool.run(jobs::echo_job, std::string("well"));
        CHECK(still == "well");
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("by mail: workers that are killed or asked to leave between jobs cost no job") {
    with_processes(eager(2), [](ProcessPool& pool) -> Task<> {
        int lost = 0;
        for (int i = 0; i < 30; ++i) {
            co_await get_used_to_mail(pool);
            for (const pid_t pid : pool.stats().pids) ::kill(pid, i % 2 == 0 ? SIGTERM : SIGKILL);
            // Nobody has noticed yet: these are given to the dead.
            for (int job = 0; job < 3; ++job) {
                try {
                    const int sum = co_await pool.run(jobs::add_job, 40, 2);
                    if (sum != 42) ++lost;
                } catch (const WorkerDied&) {
                    // Killed a second time in a row before it began; or while it ran.
                    if (i % 2 == 0) ++lost;
                }
            }
        }
        CHECK(lost == 0);
    });
    CHECK(zombies() == std::vector<std::string>());
}
