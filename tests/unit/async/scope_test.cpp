#include <troika/async/event_loop.hpp>
#include <troika/async/scope.hpp>

#include <catch2/catch.hpp>

#include <optional>

using namespace troika;
using namespace std::chrono_literals;

TEST_CASE("a scope inside a cancelled one is born cancelled unless shielded") {
    EventLoop loop;
    Scope outer(loop.root(), "outer");
    outer.limit_deadline(loop.now() + 1s);
    outer.cancel(CancelReason::shutdown);
    outer.cancel(CancelReason::asked);
    Scope child(outer, "child");
    Scope safe(outer, "safe", Scope::Shield::yes);
    CHECK(child.cancelled());
    CHECK(child.reason() == CancelReason::shutdown);
    CHECK(child.deadline() == outer.deadline());
    CHECK_FALSE(safe.cancelled());
    CHECK(safe.deadline() == Clock::TimePoint::max());
}

TEST_CASE("a cancel goes down the tree, around shields, and not up") {
    EventLoop loop;
    Scope outer(loop.root(), "outer");
    Scope left(outer, "left");
    Scope right(outer, "right");
    Scope shielded(left, "shielded", Scope::Shield::yes);
    Scope below(shielded, "below");
    std::optional<Scope> leaf(std::in_place, left, "leaf");
    leaf->cancel(CancelReason::asked);
    CHECK_FALSE(left.cancelled());
    leaf.reset();
    leaf.emplace(left, "leaf");
    left.cancel(CancelReason::client_gone);
    CHECK(leaf->cancelled());
    CHECK_FALSE(right.cancelled());
    CHECK_FALSE(below.cancelled());
    CHECK_FALSE(outer.cancelled());
    CHECK_THROWS_AS(leaf->throw_if_cancelled(), Cancelled);
    CHECK_NOTHROW(right.throw_if_cancelled());
}

TEST_CASE("the earliest deadline counts and every reason has its name") {
    EventLoop loop;
    Scope outer(loop.root(), "outer");
    const auto soon = loop.now() + 1s;
    outer.limit_deadline(soon);
    outer.limit_deadline(soon + 1s);
    CHECK(outer.deadline() == soon);
    CHECK(to_string(CancelReason::asked) == "asked");
    CHECK(to_string(CancelReason::shutdown) == "shutdown");
    CHECK(to_string(CancelReason::deadline) == "deadline");
    CHECK(to_string(CancelReason::client_gone) == "client_gone");
    CHECK(to_string(CancelReason::sibling_failed) == "sibling_failed");
}
