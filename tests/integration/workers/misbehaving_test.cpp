#include "bad_jobs.hpp"
#include "eventually.hpp"
#include "jobs.hpp"
#include "with_processes.hpp"

#include <troika/observe/log.hpp>

#include <sys/wait.h>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

namespace {

// What the caller of the job that sends it is told.
const char* expected(jobs::Nonsense nonsense) {
    using jobs::Nonsense;
    switch (nonsense) {
        case Nonsense::short_frame: return "it sent a message shorter than a frame";
        case Nonsense::wrong_magic: return "it sent bytes that are no frame";
        case Nonsense::wrong_length: return "it sent a frame whose length is wrong";
        case Nonsense::above_the_cap: return "it sent a frame larger than the limit";
        case Nonsense::other_generation: return "it sent a frame of another worker";
        case Nonsense::other_job: return "it answered a job it was not given";
        case Nonsense::servers_frame: return "it sent a frame no worker sends";
        case Nonsense::unsealed_file: return "it sent a received memory file is not sealed";
        case Nonsense::missing_file: return "it sent read the seals of a received memory file";
        case Nonsense::many_descriptors: return "it sent a frame of another worker";
        case Nonsense::oversized: return "it sent an oversized message";
        case Nonsense::closes_channel: return "it closed its channel";
        case Nonsense::every_descriptor: return "it sent";
        case Nonsense::last: break;
    }
    return "?";
}

}  // namespace

TEST_CASE("whatever a worker sends that is no answer ends that worker alone") {
    troika::log::info("the log's own descriptors are open from its first line on");
    const auto descriptors = descriptor_count(::getpid());
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        for (int i = 0; i < static_cast<int>(jobs::Nonsense::last); ++i) {
            const TemporaryFolder folder;
            const std::string release = folder.file("release");
            TaskGroup group("jobs");
            std::string other, outcome;
            group.spawn(
                "other",
                tell(pool.run(jobs::wait_for_file_job, folder.file("pid"), release), other));
            co_await tell(pool.run(jobs::nonsense_job, i), outcome);
            CAPTURE(i);
            const std::string wanted = expected(static_cast<jobs::Nonsense>(i));
            CHECK(outcome.find(wanted) != std::string::npos);
            CHECK(outcome.find("job bad.nonsense: worker ") == 0);
            CHECK(outcome.find("and was killed") != std::string::npos);
            ::close(::creat(release.c_str(), 0600));
            co_await group.join();
            CHECK(other == "finished");
            // Without one that survives, ten deaths of one name would suspend it.
            co_await pool.run(jobs::nonsense_job, static_cast<int>(jobs::Nonsense::last));
            co_await pool.wait_ready();
        }
        CHECK(pool.stats().ready == 2);
    });
    CHECK(zombies() == std::vector<std::string>());
    CHECK(descriptor_count(::getpid()) == descriptors);
}

TEST_CASE("a worker that answers twice is killed before its second answer reaches anybody") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 5; ++i) {
            co_await pool.wait_ready();
            const int first = co_await pool.run(jobs::answer_twice_job);
            CHECK(first == 1);
            std::string outcome;
            int sum = 0;
            try {
                sum = co_await pool.run(jobs::add_job, 40, 2);
            } catch (const WorkerDied& died) {
                outcome = died.what();
            }
            const bool right = sum == 42 || outcome.find("it answered a job it was not given") !=
                                                std::string::npos;
            CHECK(right);
        }
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("what a job forked has no channel: it can neither answer nor hide the worker's end") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const int answer = co_await pool.run(jobs::return_twice_job);
        CHECK(answer == 1);
        const std::string logged = co_await pool.run(jobs::log_in_child_job);
        CHECK(logged == "0");
        const pid_t child = co_await pool.run(jobs::leave_child_job);
        // While it exchanges the channel for it there is no 3 at all.
        CHECK(eventually([child] {
            const auto all = descriptors_of(child);
            return std::find(all.begin(), all.end(), "3 /dev/null") != all.end();
        }));
        std::string outcome;
        const int closes = static_cast<int>(jobs::Nonsense::closes_channel);
        co_await tell(pool.run(jobs::nonsense_job, closes), outcome);
        CHECK(outcome.find("it closed its channel and was killed") != std::string::npos);
        CHECK(eventually([child] { return descriptors_of(child).empty(); }));
        ::waitpid(child, nullptr, 0);  // as PID 1 this process has adopted it
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a worker holds its four descriptors, whatever its server has open") {
    const int before = ::dup(STDIN_FILENO);
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        for (const pid_t pid : pool.stats().pids) {
            const auto descriptors = descriptors_of(pid);
            CHECK(descriptors.size() == 4);
            CHECK(descriptors.at(0) == "0 /dev/null");
            CHECK(descriptors.at(1).substr(0, 7) == "1 pipe:");
            CHECK(descriptors.at(2).substr(0, 7) == "2 pipe:");
            CHECK(descriptors.at(3).substr(0, 9) == "3 socket:");
        }
    });
    ::close(before);
}
