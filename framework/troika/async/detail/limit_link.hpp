#pragma once

#include <troika/async/scope.hpp>

namespace troika::detail {

// The base of DeadlineScope: which of them are alive in one scope, the youngest first, so that one
// that is made finds those it lies in. A generator runs in the scope of whoever asks for its next
// value; it takes its own along when it yields and brings them back when it goes on, so that its
// consumer's never come to lie in them.
//
//   scope ──► youngest ──outer──► older ──outer──► oldest
//
//   Lifetime      May be destroyed in any order, and after the scope.
//   Threads       Event-loop thread only.
class LimitLink {
  public:
    LimitLink(const LimitLink&) = delete;
    LimitLink& operator=(const LimitLink&) = delete;

    static LimitLink* youngest(const Scope& scope) noexcept { return scope.limits_; }
    static void let_go(Scope& scope) noexcept;

    // What a generator that yields has made in `scope` since its consumer asked, when `before` was
    // the youngest; hung to `kept`.
    static void take_along(Scope& scope, const LimitLink* before, LimitLink*& kept) noexcept;
    static void bring_back(Scope& scope, LimitLink*& kept) noexcept;

  protected:
    explicit LimitLink(Scope& place) noexcept;
    ~LimitLink();

    const Scope* place() const noexcept { return place_; }  // null: gone, or of a waiting generator
    LimitLink* outer() const noexcept { return outer_; }

  private:
    void hang(LimitLink*& holder, LimitLink* outer) noexcept;

    const Scope* place_;
    LimitLink* outer_ = nullptr;
    LimitLink** holder_ = nullptr;  // what points here
};

}  // namespace troika::detail
