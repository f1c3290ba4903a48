#include <troika/workers/detail/breaker.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <utility>

using namespace std::chrono_literals;
using troika::workers::detail::Breaker;
using troika::workers::detail::Probe;
using Verdict = Breaker::Verdict;

namespace {

const Breaker::TimePoint kBreakerStart{std::chrono::hours(1)};

Breaker opened_at(Breaker::TimePoint now) {
    Breaker breaker;
    for (int i = 0; i < Breaker::kDeathsToOpen; ++i) breaker.died(now);
    return breaker;
}

}  // namespace

TEST_CASE("ten deaths in a row open the breaker, nine do not") {
    Breaker breaker;
    for (int i = 0; i < 9; ++i) breaker.died(kBreakerStart);
    CHECK(breaker.admit(kBreakerStart) == Verdict::run);
    breaker.died(kBreakerStart);
    CHECK(breaker.admit(kBreakerStart) == Verdict::refuse);
    CHECK(breaker.retry_after(kBreakerStart) == 1s);
}

TEST_CASE("any survivor starts the count of deaths anew") {
    Breaker breaker;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 9; ++i) breaker.died(kBreakerStart);
        breaker.survived();
    }
    CHECK_FALSE(breaker.open());
}

TEST_CASE("after the pause one probe runs and the others wait for its fate") {
    Breaker breaker = opened_at(kBreakerStart);
    CHECK(breaker.admit(kBreakerStart + 999ms) == Verdict::refuse);
    CHECK(breaker.admit(kBreakerStart + 1s) == Verdict::probe);
    CHECK(breaker.admit(kBreakerStart + 1s) == Verdict::refuse);
    breaker.survived();
    CHECK(breaker.admit(kBreakerStart + 1s) == Verdict::run);
}

TEST_CASE("every probe that dies doubles the pause up to thirty seconds") {
    Breaker breaker = opened_at(kBreakerStart);
    auto now = kBreakerStart;
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        CHECK(breaker.retry_after(now) == pause);
        now += pause;
        REQUIRE(breaker.admit(now) == Verdict::probe);
        breaker.died(now);
    }
}

TEST_CASE("jobs admitted before the breaker opened do not lengthen its pause") {
    Breaker breaker = opened_at(kBreakerStart);
    breaker.died(kBreakerStart + 500ms);
    CHECK(breaker.retry_after(kBreakerStart + 500ms) == 500ms);
}

TEST_CASE("a probe that is withdrawn lets the next one try") {
    Breaker breaker = opened_at(kBreakerStart);
    REQUIRE(breaker.admit(kBreakerStart + 1s) == Verdict::probe);
    breaker.withdrawn();
    CHECK(breaker.admit(kBreakerStart + 1s) == Verdict::probe);
}

TEST_CASE("a probe that is dropped without a fate is withdrawn, on whatever way it went") {
    const auto breaker = std::make_shared<Breaker>(opened_at(kBreakerStart));
    REQUIRE(breaker->admit(kBreakerStart + 1s) == Verdict::probe);
    Probe held(breaker);
    Probe runs(std::move(held));
    held = {};
    CHECK(breaker->admit(kBreakerStart + 1s) == Verdict::refuse);
    runs = {};
    CHECK(breaker->admit(kBreakerStart + 1s) == Verdict::probe);
}

TEST_CASE("a probe dropped after its death shortens no pause") {
    const auto breaker = std::make_shared<Breaker>(opened_at(kBreakerStart));
    REQUIRE(breaker->admit(kBreakerStart + 1s) == Verdict::probe);
    {
        const Probe probe(breaker);
        breaker->died(kBreakerStart + 1s);
    }
    CHECK(breaker->admit(kBreakerStart + 2s) == Verdict::refuse);
    CHECK(breaker->admit(kBreakerStart + 3s) == Verdict::probe);
}
