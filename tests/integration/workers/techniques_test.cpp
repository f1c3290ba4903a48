#include "jobs.hpp"
#include "with_processes.hpp"

#include <troika/workers/shared_array.hpp>

#include <algorithm>
#include <set>
#include <tuple>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

TEST_CASE("each worker writes its slot of a shared array: 0, 10, 20, 30") {
    const auto descriptors = descriptor_count(::getpid());
    with_processes({.processes = 4}, [](ProcessPool& pool) -> Task<> {
        const SharedArray<int> slots(4);
        std::vector<std::tuple<SharedArray<int>, int, int>> calls;
        for (int i = 0; i < 4; ++i) calls.emplace_back(slots, i, 10 * i);
        auto mapped = pool.map(calls, jobs::write_slot_job);
        const std::vector<int> pids = co_await std::move(mapped);
        CHECK(std::vector<int>(slots.begin(), slots.end()) == std::vector<int>{0, 10, 20, 30});
        CHECK(std::count(pids.begin(), pids.end(), ::getpid()) == 0);
    });
    CHECK(descriptor_count(::getpid()) == descriptors);
}

TEST_CASE("a worker keeps no descriptor of an array, however many calls share one") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const SharedArray<int> slots(1 << 20);
        pid_t worker = 0;
        for (int i = 0; i < 200; ++i) {
            worker = co_await pool.run(jobs::write_slot_job, slots, i, i + 1);
        }
        CHECK(slots[199] == 200);
        CHECK(descriptor_count(worker) == 4);
    });
}

TEST_CASE("of a hundred tuples one of which kills its worker 99 values and one error come back") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        std::vector<std::tuple<int, int>> pairs;
        for (int i = 0; i < 100; ++i) pairs.emplace_back(i, i + 1);
        auto mapped = pool.map_settled(pairs, jobs::multiply_job);
        auto settled = co_await std::move(mapped);
        int values = 0;
        for (int i = 0; i < 100; ++i) {
            auto& one = settled[static_cast<std::size_t>(i)];
            if (i == 3) {
                CHECK_THROWS_AS(one.take(), WorkerDied);
            } else {
                CHECK(one.take() == i * (i + 1));
                ++values;
            }
        }
        CHECK(values == 99);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE(
    "a job started now and awaited later is killed at its timeout, and its place has a new pid") {
    with_processes({.processes = 1, .stop_grace = 20ms}, [](ProcessPool& pool) -> Task<> {
        const pid_t before = co_await pool.run(jobs::own_pid_job);
        std::string outcome;
        auto started = pool.run(jobs::loop_forever_job);
        auto limited = with_timeout(60ms, std::move(started));
        co_await tell(std::move(limited), outcome);
        CHECK(outcome.find("60 ms") != std::string::npos);
        const pid_t after = co_await pool.run(jobs::own_pid_job);
        CHECK(after != before);
        CHECK(gone_or_zombie(before));
    });
}
