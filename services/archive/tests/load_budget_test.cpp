#include <archive/load_budget.hpp>

#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using archive::LoadBudget;
using troika::Task;
using troika::testing::advance;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSmall = 10;

struct Taker {
    LoadBudget& budget;
    std::size_t bytes;
    std::optional<LoadBudget::Share> share{};
    bool timed_out = false;
};

Task<> take(Taker& taker) {
    try {
        taker.share = co_await taker.budget.take(taker.bytes);
    } catch (const troika::TimeoutError&) {
        taker.timed_out = true;
    }
}

}  // namespace

ASYNC_TEST_CASE("shares are given while they fit, the rest in turn as bytes come back") {
    LoadBudget budget({.max_bytes = 800});
    Taker first{budget, 400}, second{budget, 300}, third{budget, 400}, fourth{budget, 100};
    const auto body = [&](troika::TaskGroup& group) -> Task<> {
        for (Taker* taker : {&first, &second, &third, &fourth}) group.spawn("take", take(*taker));
        co_await advance(1s);
        CHECK(budget.held() == 700);
        CHECK(budget.waiting() == 2);
        second.share.reset();
        co_await advance(1s);
        CHECK_FALSE(third.share);
        CHECK_FALSE(fourth.share);  // it came later
        first.share.reset();
        co_await advance(1s);
        CHECK(third.share);
        CHECK(fourth.share);
        CHECK(budget.held() == 500);
    };
    co_await troika::with_task_group("takers", body);
    third.share.reset();
    fourth.share.reset();
    CHECK(budget.held() == 0);
}

ASYNC_TEST_CASE("who gets no room in time is told so, and the one behind gets what fits") {
    LoadBudget budget({.max_bytes = 800, .max_wait = 5s});
    Taker holder{budget, 400}, large{budget, 500}, fits{budget, 200};
    co_await take(holder);
    const auto body = [&](troika::TaskGroup& group) -> Task<> {
        group.spawn("take", take(large));
        co_await advance(1s);
        group.spawn("take", take(fits));
        co_await advance(1s);
        CHECK_FALSE(fits.share);
    };
    co_await troika::with_task_group("takers", body);
    CHECK(large.timed_out);
    CHECK(fits.share);
    CHECK(budget.waiting() == 0);
    CHECK(budget.held() == 600);
}

ASYNC_TEST_CASE("a small document does not wait behind large ones") {
    LoadBudget budget({.max_bytes = 800});
    Taker first{budget, 700}, second{budget, 700}, small{budget, kSmall};
    co_await take(first);
    const auto body = [&](troika::TaskGroup& group) -> Task<> {
        group.spawn("take", take(second));
        co_await advance(1s);
        group.spawn("take", take(small));
        co_await advance(1s);
        CHECK(small.share);
        CHECK_FALSE(second.share);
        first.share.reset();
    };
    co_await troika::with_task_group("takers", body);
    CHECK(second.share);
}

ASYNC_TEST_CASE("small documents cannot keep one that needs all the room waiting for ever") {
    LoadBudget budget({.max_bytes = 800});
    Taker small{budget, kSmall}, all{budget, 10'000}, late{budget, kSmall};
    co_await take(small);
    const auto body = [&](troika::TaskGroup& group) -> Task<> {
        group.spawn("take", take(all));
        co_await advance(1s);
        group.spawn("take", take(late));
        co_await advance(1s);
        CHECK_FALSE(late.share);
        small.share.reset();
        co_await advance(1s);
        CHECK(all.share);
        CHECK(budget.held() == 800);
        all.share.reset();
    };
    co_await troika::with_task_group("takers", body);
    CHECK(late.share);
}

ASYNC_TEST_CASE("a waiter that is cancelled leaves, and no byte is lost") {
    LoadBudget budget({.max_bytes = 800});
    Taker holder{budget, 800}, cancelled{budget, 300}, next{budget, 300};
    co_await take(holder);
    const auto body = [&](troika::TaskGroup& group) -> Task<> {
        group.spawn("take", take(cancelled));
        group.spawn("take", take(next));
        co_await advance(1s);
        CHECK(budget.waiting() == 2);
        holder.share.reset();  // granted, and then cancelled before they go on
        group.cancel(troika::CancelReason::asked);
    };
    co_await troika::with_task_group("takers", body);
    cancelled.share.reset();
    next.share.reset();
    CHECK(budget.held() == 0);
    CHECK(budget.waiting() == 0);
}
