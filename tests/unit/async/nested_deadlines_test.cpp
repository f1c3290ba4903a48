#include "tasks.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/flow.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/sleep.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

// Several DeadlineScopes in one coroutine: the earliest wins and it alone tells, in every order, with
// other deadlines and shields around and between. (Random nests against a model: deadline_model_test.)

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

Task<> nap_for(std::chrono::seconds duration) { co_await sleep_for(duration); }

// "value", "timeout 2000" (of the limit of so many milliseconds) or "cancelled", and " at <second>".
template <typename T>
Task<std::string> ending_of_limit(Task<T> task) {
    const auto began = now();
    std::string how = "value";
    try {
        co_await std::move(task);
    } catch (const TimeoutError& error) {
        const std::string what = error.what();
        const std::size_t number = what.find("within ");
        how = number == std::string::npos ? what : "timeout " + what.substr(number + 7);
        how = how.substr(0, how.find(" ms"));
    } catch (const Cancelled&) {
        how = "cancelled";
    }
    how += " at " + std::to_string((now() - began) / 1s);
    co_return how;
}

}  // namespace

ASYNC_TEST_CASE(
    "of two in one coroutine the outer one, when it passes first, ends what the inner runs") {
    DeadlineScope outer(2s);
    DeadlineScope inner(10s);
    CHECK(inner.deadline() == now() + 2s);
    const std::string how = co_await ending_of_limit(inner.run(nap_for(1h)));
    CHECK(how == "timeout 2000 at 2");
    CHECK(outer.expired());
    CHECK_FALSE(inner.expired());
    const std::string again = co_await ending_of_limit(inner.run(nap_for(1h)));
    CHECK(again == "timeout 2000 at 0");
}

ASYNC_TEST_CASE(
    "of two in one coroutine the inner one, when it passes first, leaves the outer usable") {
    DeadlineScope outer(5s);
    {
        DeadlineScope inner(2s);
        const std::string how = co_await ending_of_limit(inner.run(nap_for(1h)));
        CHECK(how == "timeout 2000 at 2");
        CHECK(inner.expired());
        CHECK_FALSE(outer.expired());
    }
    const std::string in_time = co_await ending_of_limit(outer.run(nap_for(1s)));
    CHECK(in_time == "value at 1");
    const std::string late = co_await ending_of_limit(outer.run(nap_for(1h)));
    CHECK(late == "timeout 5000 at 2");
    CHECK_FALSE(current_scope()->cancelled());
}

ASYNC_TEST_CASE("of two equal deadlines in one coroutine the outer one tells") {
    DeadlineScope outer(2s);
    DeadlineScope inner(2s);
    const std::string how = co_await ending_of_limit(inner.run(nap_for(1h)));
    CHECK(how == "timeout 2000 at 2");
    CHECK(outer.expired());
    CHECK_FALSE(inner.expired());
}

ASYNC_TEST_CASE("a limit for all and one for each: what is late tells which") {
    DeadlineScope all(5s);
    std::vector<std::string> seen;
    for (const auto duration : {1s, 10s, 1s, 10s}) {
        DeadlineScope each(2s);
        const std::string how = co_await ending_of_limit(each.run(nap_for(duration)));
        seen.push_back(how + (all.expired() ? " all" : "") + (each.expired() ? " each" : ""));
    }
    CHECK(seen == std::vector<std::string>{"value at 1", "timeout 2000 at 2 each", "value at 1",
                                           "timeout 5000 at 1 all"});
}

ASYNC_TEST_CASE("to run one in the other by hand is the same, and adds nothing") {
    {
        DeadlineScope outer(2s);
        DeadlineScope inner(10s);
        const std::string how = co_await ending_of_limit(outer.run(inner.run(nap_for(1h))));
        CHECK(how == "timeout 2000 at 2");
    }
    // A coroutine that the outer one runs already: there the inner one lets its cancel through.
    DeadlineScope outer(5s);
    DeadlineScope inner(20s);
    std::string inside;
    const auto look = [&]() -> Task<> {
        const std::string seen = co_await ending_of_limit(inner.run(nap_for(1h)));
        inside = seen;
        co_await nap_for(1h);
    };
    const std::string outside = co_await ending_of_limit(outer.run(look()));
    CHECK(inside == "cancelled at 5");
    CHECK(outside == "timeout 5000 at 5");
}

ASYNC_TEST_CASE("with_timeout around and between: the earliest of all wins") {
    DeadlineScope outer(4s);
    DeadlineScope inner(3s);
    const std::string around = co_await ending_of_limit(with_timeout(1s, inner.run(nap_for(1h))));
    CHECK(around == "timeout 1000 at 1");
    const std::string between =
        co_await ending_of_limit(outer.run(with_timeout(1s, inner.run(nap_for(1h)))));
    CHECK(between == "timeout 1000 at 1");
    const std::string first = co_await ending_of_limit(with_timeout(1min, inner.run(nap_for(1h))));
    CHECK(first == "timeout 3000 at 1");
    const auto moved_on = co_await move_on_after(1min, outer.run(nap_for(0s)));
    CHECK(moved_on);
    const std::string last =
        co_await ending_of_limit(outer.run(move_on_after(1min, inner.run(nap_for(1h)))));
    CHECK(last == "timeout 3000 at 0");
}

ASYNC_TEST_CASE("what a shield runs is under no limit from outside it") {
    DeadlineScope outer(2s);
    DeadlineScope inner(10s);
    const std::string how = co_await ending_of_limit(shield(1min, inner.run(nap_for(1h))));
    CHECK(how == "timeout 10000 at 10");
    CHECK(inner.expired());
    DeadlineScope late(10s);
    const std::string own = co_await ending_of_limit(shield(3s, late.run(nap_for(1h))));
    CHECK(own == "timeout 3000 at 3");
    CHECK_FALSE(late.expired());
}

ASYNC_TEST_CASE("one in a coroutine that is awaited lies in those of its caller") {
    DeadlineScope outer(2s);
    const auto callee = [&]() -> Task<> {
        DeadlineScope inner(10s);
        co_await inner.run(nap_for(1h));
    };
    const std::string how = co_await ending_of_limit(callee());
    CHECK(how == "timeout 2000 at 2");
    CHECK(outer.expired());
}

ASYNC_TEST_CASE("several runs of one limit at the same time end together") {
    DeadlineScope limit(3s);
    auto [first, second] = co_await gather(ending_of_limit(limit.run(nap_for(2s))),
                                           ending_of_limit(limit.run(nap_for(1h))));
    CHECK(first == "value at 2");
    CHECK(second == "timeout 3000 at 3");
}

ASYNC_TEST_CASE("limits may be destroyed in any order, and after their scope") {
    auto first = std::make_unique<DeadlineScope>(2s);
    auto second = std::make_unique<DeadlineScope>(5s);
    auto third = std::make_unique<DeadlineScope>(20s);
    first.reset();
    const std::string how = co_await ending_of_limit(third->run(nap_for(1h)));
    CHECK(how == "timeout 5000 at 5");
    third.reset();
    second.reset();
    std::optional<DeadlineScope> left;
    const auto make = [&]() -> Task<> {
        left.emplace(1h);
        co_return;
    };
    co_await with_timeout(1s, make());
    const std::string after = co_await ending_of_limit(left->run(nap_for(3s)));
    CHECK(after == "value at 3");
}

ASYNC_TEST_CASE("a generator's limits are its own: its consumer's never lie in them") {
    const auto source = []() -> Flow<std::string> {
        DeadlineScope all(10s);
        for (;;) {
            DeadlineScope each(3s);
            std::string how = co_await ending_of_limit(each.run(nap_for(2s)));
            co_yield std::move(how);
        }
    };
    auto flow = source();
    const auto first = co_await flow.next();
    CHECK(first == "value at 2");
    DeadlineScope mine(20s);
    const std::string long_one = co_await ending_of_limit(mine.run(nap_for(7s)));  // at 9 s
    CHECK(long_one == "value at 7");
    const auto second = co_await flow.next();
    CHECK(second == "timeout 10000 at 1");
    const std::string rest = co_await ending_of_limit(mine.run(nap_for(1h)));
    CHECK(rest == "timeout 20000 at 12");
    // The consumer's are around the generator's, though it was made before them.
    const auto third = co_await flow.next();
    CHECK(third == "timeout 20000 at 0");
}

ASYNC_TEST_CASE(
    "a limit behind an earlier deadline still ends its task when that one has been moved") {
    Scope request(*current_scope(), "request");
    request.limit_deadline(now() + 3s);
    const auto give_more_time = [&]() -> Task<std::string> {
        Task<std::string> upload = ending_of_limit(with_timeout(5s, nap_for(1h)));
        const auto move = [&]() -> Task<> {
            request.move_deadline(Clock::TimePoint::max());
            co_return;
        };
        auto [how, moved] = co_await gather(std::move(upload), move());
        co_return how;
    };
    Task<std::string> task = give_more_time();
    const std::string how = co_await run_in(request, task);
    CHECK(how == "timeout 5000 at 5");
}
