#include <troika/http/server/detail/body_budget.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

using troika::http::detail::BodyBudget;
using troika::http::detail::BodyShare;

namespace {

constexpr std::uint64_t kStep = BodyBudget::kFirstStep;
constexpr std::uint64_t kBudget = 64 * kStep;
constexpr std::uint64_t kForLarge = kBudget - kBudget / 16;

BodyShare of_length(std::uint64_t length) { return {.rest = length}; }

// As much as is granted, up to `held` bytes.
void grow(BodyBudget& budget, BodyShare& share, std::uint64_t held) {
    while (share.held < held && budget.take(share, 0)) {
    }
}

}  // namespace

TEST_CASE("a small body takes all of its room at once, a large one as it grows") {
    BodyBudget budget(kBudget);
    BodyShare small = of_length(100);
    BodyShare large = of_length(10 * kStep);
    CHECK(budget.take(small, 0));
    CHECK(small.held == 100);
    for (const std::uint64_t steps : {1, 2, 4, 8, 10}) {
        CHECK(budget.take(large, 0));
        CHECK(large.held == steps * kStep);
    }
    CHECK(large.rest == 0);
    CHECK(budget.used() == 10 * kStep + 100);
    budget.give_back(small);
    budget.give_back(large);
    CHECK(budget.used() == 0);
}

TEST_CASE("what is at hand finds room with the first step, or none is given") {
    BodyBudget budget(kBudget);
    BodyShare first = of_length(kForLarge - 2 * kStep);
    BodyShare second = of_length(8 * kStep);
    CHECK(budget.take(first, kForLarge - 3 * kStep));
    CHECK(first.held == kForLarge - 3 * kStep);
    CHECK_FALSE(budget.take(second, 4 * kStep));
    CHECK(second.held == 0);
    budget.give_back(first);
    CHECK(budget.take(second, 4 * kStep));
    CHECK(second.held == 4 * kStep);
    budget.give_back(second);
}

TEST_CASE("whoever claims much and sends little leaves the room to others") {
    BodyBudget budget(kBudget);
    std::vector<BodyShare> slow(8, of_length(50 * kStep));
    for (BodyShare& share : slow) CHECK(budget.take(share, 1));
    BodyShare quick = of_length(40 * kStep);
    grow(budget, quick, 40 * kStep);
    CHECK(quick.rest == 0);
    budget.give_back(quick);
    for (BodyShare& share : slow) budget.give_back(share);
}

TEST_CASE("a step that could leave two bodies waiting for each other is refused") {
    BodyBudget budget(kBudget);
    BodyShare one = of_length(40 * kStep);
    BodyShare other = of_length(40 * kStep);
    grow(budget, one, 30 * kStep);
    grow(budget, other, 40 * kStep);
    CHECK(other.held < 40 * kStep);
    CHECK_FALSE(budget.has_room(other, 0));
    CHECK(budget.has_room(one, 0));
    grow(budget, one, 40 * kStep);
    REQUIRE(one.rest == 0);
    CHECK_FALSE(budget.has_room(other, 0));
    budget.give_back(one);
    grow(budget, other, 40 * kStep);
    CHECK(other.rest == 0);
    budget.give_back(other);
}

TEST_CASE("nobody counts on the room of chunks, and their surplus comes back at their end") {
    BodyBudget budget(kBudget);
    BodyShare chunks{.in_chunks = true};
    grow(budget, chunks, 30 * kStep);
    const std::uint64_t in_chunks = chunks.held;
    BodyShare large = of_length(kForLarge);
    CHECK(budget.fits(large));
    CHECK_FALSE(budget.has_room(large, 0));
    budget.finish(chunks, 1000);
    CHECK(budget.used() == 1000);
    CHECK(in_chunks >= 30 * kStep);
    CHECK(budget.take(large, 0));
    CHECK_FALSE(large.rest == 0);

    BodyShare more{.in_chunks = true};
    CHECK_FALSE(budget.take(more, 0));  // the large one could not be received any more
    budget.give_back(chunks);
    budget.give_back(large);
    CHECK(budget.take(more, 0));
    budget.give_back(more);
    CHECK(budget.used() == 0);
}

TEST_CASE("the last sixteenth is for small bodies, and of it a sixteenth for probes") {
    BodyBudget budget(kBudget);
    CHECK(budget.fits(of_length(kForLarge)));
    CHECK_FALSE(budget.fits(of_length(kForLarge + 1)));
    BodyShare large = of_length(kForLarge);
    grow(budget, large, kForLarge);
    REQUIRE(large.rest == 0);
    BodyShare other = of_length(kStep + 1);
    CHECK_FALSE(budget.has_room(other, 0));

    std::vector<BodyShare> small(5, of_length(kStep - kStep / 16));
    CHECK(std::count_if(small.begin(), small.end(),
                        [&](BodyShare& share) { return budget.take(share, 0); }) == 4);
    BodyShare probe{.rest = kStep / 4, .health = true};
    CHECK(budget.take(probe, 0));
    CHECK(budget.used() == kBudget);
}

TEST_CASE("the budget is never passed, and bodies of known length always come to an end") {
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases in every run
    const auto up_to = [&](std::uint64_t most) {
        return std::uniform_int_distribution<std::uint64_t>(1, most)(random);
    };
    for (int round = 0; round < 200; ++round) {
        BodyBudget budget(kBudget);
        std::vector<BodyShare> bodies(up_to(100));
        for (BodyShare& body : bodies) body.rest = up_to(up_to(2) == 1 ? 2 * kStep : kForLarge);
        std::size_t ended = 0;
        while (ended < bodies.size()) {
            // Everybody takes what he gets, but not always.
            bool moved = false;
            for (BodyShare& body : bodies) {
                if (body.rest == 0 || up_to(3) == 1) continue;
                moved = budget.take(body, 0) || moved;
                REQUIRE(budget.used() <= kBudget);
            }
            const auto complete = [](const BodyShare& body) {
                return body.rest == 0 && body.held > 0;
            };
            if (moved && up_to(2) == 1) continue;
            for (BodyShare& body : bodies) {
                if (!complete(body)) continue;
                budget.give_back(body);
                ++ended;
                moved = true;
            }
            if (moved) continue;
            const bool stuck = std::none_of(bodies.begin(), bodies.end(), [&](BodyShare& body) {
                return body.rest > 0 && budget.has_room(body, 0);
            });
            REQUIRE_FALSE(stuck);
        }
        REQUIRE(budget.used() == 0);
    }
}
