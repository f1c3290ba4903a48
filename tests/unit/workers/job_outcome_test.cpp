#include <troika/workers/durations.hpp>
#include <troika/workers/job_outcome.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using workers::Durations;
using workers::JobOutcomes;

TEST_CASE("each outcome of a job has a name of its own and is counted for itself") {
    JobOutcomes some;
    some.count(JobOutcome::finished);
    some.count(JobOutcome::stopped, 4);
    JobOutcomes more = some;
    more += some;
    CHECK(more[JobOutcome::finished] == 2);
    CHECK(more[JobOutcome::stopped] == 8);
    CHECK(more.total() == 10);
    std::set<std::string_view> names;
    std::uint64_t sum = 0;
    more.for_each([&](JobOutcome outcome, std::uint64_t calls) {
        names.insert(to_string(outcome));
        sum += calls;
    });
    CHECK(names.size() == JobOutcomes::kCount);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(sum == 10);
}

TEST_CASE("a duration is counted under the first bound it does not exceed") {
    Durations durations;
    durations.add(0ns);
    durations.add(100us);
    durations.add(101us);
    durations.add(60s);
    durations.add(60s + 1ns);
    durations.add(1h);
    const auto buckets = durations.buckets();
    REQUIRE(buckets.size() == Durations::kBounds.size() + 1);
    CHECK(buckets[0] == 2);
    CHECK(buckets[1] == 1);
    CHECK(buckets[buckets.size() - 2] == 1);
    CHECK(buckets.back() == 2);
    CHECK(durations.count() == 6);
    CHECK(durations.total() == 201us + 120s + 1ns + 1h);
    durations += durations;
    CHECK(durations.count() == 12);
    CHECK(std::is_sorted(Durations::kBounds.begin(), Durations::kBounds.end()));
}
