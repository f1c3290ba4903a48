#include <troika/workers/detail/replacement.hpp>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using troika::workers::detail::Replacement;
using Moment = Replacement::Moment;
using Strength = Replacement::Strength;

namespace {
const Replacement::TimePoint kReplacementStart{std::chrono::hours(1)};
}

TEST_CASE("three deaths are replaced at once, later ones after 50 ms doubling to a second") {
    Replacement replacement;
    for (int i = 0; i < 3; ++i) CHECK(replacement.died(kReplacementStart, Moment::later) == 0ms);
    for (const auto delay : {50ms, 100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        CHECK(replacement.died(kReplacementStart, Moment::later) == delay);
    }
}

TEST_CASE("ten seconds without a death forget the earlier ones") {
    Replacement replacement;
    for (int i = 0; i < 6; ++i) replacement.died(kReplacementStart, Moment::later);
    CHECK(replacement.died(kReplacementStart + 9999ms, Moment::later) > 0ms);
    CHECK(replacement.died(kReplacementStart + 9999ms + 10s, Moment::later) == 0ms);
}

TEST_CASE("five workers in a row that die before their first job make the pool hopeless") {
    Replacement replacement;
    for (int i = 0; i < 4; ++i) replacement.died(kReplacementStart, Moment::before_first_job);
    CHECK_FALSE(replacement.hopeless(kReplacementStart, Strength::reduced));
    replacement.died(kReplacementStart, Moment::before_first_job);
    CHECK(replacement.hopeless(kReplacementStart, Strength::reduced));
}

TEST_CASE("one finished job or ten quiet seconds give a hopeless pool its hope back") {
    Replacement replacement;
    for (int i = 0; i < 5; ++i) replacement.died(kReplacementStart, Moment::before_first_job);
    CHECK_FALSE(replacement.hopeless(kReplacementStart + 10s, Strength::reduced));
    replacement.finished_a_job();
    CHECK_FALSE(replacement.hopeless(kReplacementStart, Strength::reduced));
}

TEST_CASE("a death after the first job breaks the row of unborn workers") {
    Replacement replacement;
    for (int i = 0; i < 4; ++i) replacement.died(kReplacementStart, Moment::before_first_job);
    replacement.died(kReplacementStart, Moment::later);
    replacement.died(kReplacementStart, Moment::before_first_job);
    CHECK_FALSE(replacement.hopeless(kReplacementStart, Strength::reduced));
}

TEST_CASE(
    "a pool that has been complete for two seconds is not hopeless, whoever was killed before") {
    Replacement replacement;
    for (int i = 0; i < 5; ++i) replacement.died(kReplacementStart, Moment::before_first_job);
    CHECK(replacement.hopeless(kReplacementStart + 1999ms, Strength::full));
    CHECK_FALSE(replacement.hopeless(kReplacementStart + 2s, Strength::full));
    CHECK(replacement.hopeless(kReplacementStart + 2s, Strength::reduced));
}
