#include <troika/async/detail/limit_link.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <vector>

using namespace troika;
using troika::detail::LimitLink;

namespace {

class Link final : public LimitLink {
  public:
    explicit Link(Scope& place) : LimitLink(place) {}
    using LimitLink::place;
    const Link* next() const noexcept { return static_cast<const Link*>(outer()); }
};

// Those of `scope`, the youngest first.
std::vector<const LimitLink*> links_of(const Scope& scope) {
    std::vector<const LimitLink*> found;
    for (const auto* link = static_cast<const Link*>(LimitLink::youngest(scope)); link != nullptr;
         link = link->next())
        found.push_back(link);
    return found;
}
using Links = std::vector<const LimitLink*>;

}  // namespace

ASYNC_TEST_CASE("links leave in any order") {
    Scope scope(*current_scope(), "scope");
    const auto a = std::make_unique<Link>(scope);
    auto b = std::make_unique<Link>(scope);
    auto c = std::make_unique<Link>(scope);
    CHECK(links_of(scope) == Links{c.get(), b.get(), a.get()});
    b.reset();
    CHECK(links_of(scope) == Links{c.get(), a.get()});
    c.reset();
    CHECK(links_of(scope) == Links{a.get()});
    co_return;
}

ASYNC_TEST_CASE("links that outlive their scope know of no place and of no other") {
    std::optional<Link> a;
    std::optional<Link> b;
    {
        Scope scope(*current_scope(), "scope");
        a.emplace(scope);
        b.emplace(scope);
        CHECK(b->place() == &scope);
    }
    CHECK(b->place() == nullptr);
    CHECK(b->next() == nullptr);
    a.reset();
    b.reset();
    co_return;
}

ASYNC_TEST_CASE("a generator's links go with it and come back on top, in another scope too") {
    Scope scope(*current_scope(), "scope");
    Scope other(*current_scope(), "other");
    const Link consumer(scope);
    LimitLink* kept = nullptr;
    std::optional<Link> older;
    std::optional<Link> younger;
    {
        const LimitLink* const before = LimitLink::youngest(scope);
        older.emplace(scope);
        younger.emplace(scope);
        LimitLink::take_along(scope, before, kept);
    }
    CHECK(links_of(scope) == Links{&consumer});
    CHECK(kept == &*younger);
    CHECK(younger->next() == &*older);
    CHECK(younger->place() == nullptr);

    const Link later(other);
    LimitLink::bring_back(other, kept);
    CHECK(kept == nullptr);
    CHECK(links_of(other) == Links{&*younger, &*older, &later});
    CHECK(older->place() == &other);
    LimitLink::take_along(other, &later, kept);
    CHECK(links_of(other) == Links{&later});
    younger.reset();  // one that goes while its generator waits
    CHECK(kept == &*older);
    LimitLink::bring_back(scope, kept);
    CHECK(links_of(scope) == Links{&*older, &consumer});
    older.reset();
    CHECK(links_of(scope) == Links{&consumer});
    co_return;
}
