#include "tasks.hpp"

#include <troika/async/map.hpp>
#include <troika/async/sleep.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

struct Peak {
    int running = 0;
    int highest = 0;
    int begun = 0;

    class Inside final {
      public:
        explicit Inside(Peak& peak) : peak_(peak) {
            ++peak_.begun;
            peak_.highest = std::max(peak_.highest, ++peak_.running);
        }
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        ~Inside() { --peak_.running; }

      private:
        Peak& peak_;
    };
};

std::vector<int> numbers(int count) {
    std::vector<int> items(static_cast<std::size_t>(count));
    std::iota(items.begin(), items.end(), 0);
    return items;
}

}  // namespace

ASYNC_TEST_CASE("map: 100 items of 1 s, ten at a time, take 10 s, in the order of the items") {
    Peak peak;
    const auto work = [&](int item) -> Task<std::string> {
        const Peak::Inside inside(peak);
        co_await sleep_for(1s);
        co_return std::to_string(item);
    };
    const auto began = now();
    const std::vector<std::string> texts = co_await map(numbers(100), work, 10);
    CHECK(now() - began == 10s);
    CHECK(peak.highest == 10);
    CHECK(peak.running == 0);
    REQUIRE(texts.size() == 100);
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == std::to_string(i));
}

ASYNC_TEST_CASE("map: a free place is taken at once, not by batches") {
    const auto work = [](std::chrono::seconds length) -> Task<> { co_await sleep_for(length); };
    const std::vector<std::chrono::seconds> items{9s, 1s, 1s, 1s, 1s, 1s};
    const auto began = now();
    co_await map(items, work, 2);
    CHECK(now() - began == 9s);
}

ASYNC_TEST_CASE("map: without a limit everything runs at once; no items give no results") {
    Peak peak;
    const auto work = [&](int item) -> Task<int> {
        const Peak::Inside inside(peak);
        co_await sleep_for(1s);
        co_return item;
    };
    co_await map(numbers(50), work);
    CHECK(peak.highest == 50);
    const std::vector<int> none = co_await map(std::vector<int>(), work, 3);
    CHECK(none.empty());
}

ASYNC_TEST_CASE("map: the first failure cancels what is under way and begins no further item") {
    Peak peak;
    std::vector<std::string> ended;
    const auto work = [&](int item) -> Task<> {
        const Peak::Inside inside(peak);
        const auto length = item == 3 ? 1s : 2s;
        try {
            co_await sleep_for(length);
        } catch (const Cancelled& cancelled) {
            ended.push_back(std::to_string(item) + " " + std::string(to_string(cancelled.reason)));
            throw;
        }
        if (item == 3) throw std::runtime_error("item 3");
    };
    std::string text;
    try {
        co_await map(numbers(100), work, 4);
    } catch (const std::runtime_error& error) {
        text = error.what();
    }
    CHECK(text == "item 3");
    CHECK(peak.begun == 4);
    CHECK(peak.running == 0);
    std::sort(ended.begin(), ended.end());
    CHECK(ended ==
          std::vector<std::string>{"0 sibling_failed", "1 sibling_failed", "2 sibling_failed"});
}

ASYNC_TEST_CASE("map_settled: every item is tried and tells how it ended, late ones as timeouts") {
    Peak peak;
    const auto work = [&](int item) -> Task<int> {
        const Peak::Inside inside(peak);
        if (item == 1) throw std::runtime_error("item 1");
        const std::chrono::seconds length = item == 2 ? 1h : 1s;
        co_await sleep_for(length);
        co_return item * 10;
    };
    const MapOptions options{.limit = 2, .per_item_timeout = 5s};
    const auto began = now();
    auto settled = co_await map_settled(numbers(6), work, options);
    CHECK(peak.highest == 2);
    CHECK(now() - began == 5s);
    REQUIRE(settled.size() == 6);
    CHECK_THROWS_WITH(settled[1].take(), "item 1");
    CHECK_THROWS_AS(settled[2].take(), TimeoutError);
    for (const std::size_t i : {0U, 3U, 4U, 5U})
        CHECK(settled[i].take() == static_cast<int>(i) * 10);
}

ASYNC_TEST_CASE("map takes views, tuples as arguments, and items that can only be moved") {
    const auto twice = [](int item) -> Task<int> { co_return item * 2; };
    const std::vector<int> doubled = co_await map(std::views::iota(1, 4), twice, 2);
    CHECK(doubled == std::vector<int>{2, 4, 6});

    const auto add = [](int left, int right) -> Task<int> { co_return left + right; };
    const std::vector<std::tuple<int, int>> pairs{{1, 2}, {3, 4}};
    const std::vector<int> sums = co_await map(pairs, add);
    CHECK(sums == std::vector<int>{3, 7});

    std::vector<std::unique_ptr<int>> owned;
    owned.push_back(std::make_unique<int>(5));
    const auto look = [](std::unique_ptr<int> item) -> Task<int> { co_return *item; };
    const std::vector<int> looked = co_await map(std::move(owned), look);
    CHECK(looked == std::vector<int>{5});
}

ASYNC_TEST_CASE("map: a cancel from outside ends it with what is under way") {
    Peak peak;
    const auto work = [&](int) -> Task<> {
        const Peak::Inside inside(peak);
        co_await sleep_for(1h);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("mapping", map(numbers(100), work, 7));
        co_await sleep_for(1s);
        group.cancel(CancelReason::client_gone);
    };
    co_await with_task_group("group", body);
    CHECK(peak.begun == 7);
    CHECK(peak.running == 0);
}
