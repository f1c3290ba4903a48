#include <troika/async/deadline.hpp>
#include <troika/base/check.hpp>

#include <algorithm>
#include <string>

namespace troika {

namespace detail {

namespace {
constexpr auto kTick = std::chrono::milliseconds(1);
}

ScopeTimer::ScopeTimer(Scope& scope, Limit limit)
    : scope_(scope), began_(scope.loop().now()), due_(limit.seen_from(began_)) {
    begin(began_);
}

ScopeTimer::ScopeTimer(Scope& scope, Clock::TimePoint began, Clock::TimePoint due)
    : scope_(scope), began_(began), due_(due) {
    begin(scope.loop().now());
}

void ScopeTimer::begin(Clock::TimePoint now) {
    // An outer deadline that comes no later cancels this scope too, and is the one to tell: this one
    // waits for the timers' next tick, and is needed after all where the outer one has been moved.
    if (due_ >= scope_.deadline()) {
        if (due_ < Clock::TimePoint::max() - kTick) scope_.loop().timers().add(*this, due_ + kTick);
        return;
    }
    scope_.limit_deadline(due_);
    if (due_ <= now) {
        on_due();
    } else {
        scope_.loop().timers().add(*this, due_);
    }
}

void ScopeTimer::on_due() noexcept {
    if (scope_.cancelled()) return;
    expired_ = true;
    scope_.cancel(CancelReason::deadline);
}

void ScopeTimer::throw_timeout() const {
    using std::chrono::milliseconds;
    const std::string name(scope_.name());
    if (due_ <= began_) throw TimeoutError(name + ": its deadline had passed before it began");
    const auto limit = std::chrono::ceil<milliseconds>(due_ - began_).count();
    throw TimeoutError(name + ": not finished within " + std::to_string(limit) + " ms");
}

}  // namespace detail

DeadlineScope::DeadlineScope(detail::Limit limit)
    : LimitLink(*current_scope()),
      loop_(current_scope()->loop()),
      began_(loop_.now()),
      due_(limit.seen_from(began_)),
      earliest_(current_scope()->deadline()) {
    if (outer() != nullptr)
        earliest_ = std::min(earliest_, static_cast<const DeadlineScope*>(outer())->earliest_);
    first_ = due_ < earliest_;
    if (first_) earliest_ = due_;
}

DeadlineScope::~DeadlineScope() {
    TROIKA_CHECK(runs_ == 0, "a DeadlineScope was destroyed during a run()");
}

bool DeadlineScope::expired() const noexcept { return expired_ || (first_ && loop_.now() >= due_); }

// Walks from where this is called to where the scope was made. Nothing is put around beyond a shield,
// or in another task than the one the scope was made in. Where the next one is around already, it is
// put there a second time, which changes nothing: of equal deadlines the outer one tells.
DeadlineScope* DeadlineScope::around() const noexcept {
    if (outer() == nullptr) return nullptr;
    for (const Scope* scope = current_scope(); scope != nullptr; scope = scope->parent()) {
        if (scope == place()) return static_cast<DeadlineScope*>(outer());
        if (scope->shielded()) return nullptr;
    }
    return nullptr;
}

DeadlineScope::Run::Run(DeadlineScope& limit)
    : limit_(limit),
      scope_(*current_scope(), current_scope()->name()),
      timer_(scope_, limit.began_, limit.due_) {
    ++limit_.runs_;
}

DeadlineScope::Run::~Run() {
    if (timer_.expired()) limit_.expired_ = true;
    --limit_.runs_;
}

}  // namespace troika
