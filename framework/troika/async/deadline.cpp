#include <troika/async/deadline.hpp>
#include <troika/base/check.hpp>

#include <string>

namespace troika {

namespace detail {

ScopeTimer::ScopeTimer(Scope& scope, Limit limit)
    : scope_(scope), began_(scope.loop().now()), due_(limit.seen_from(began_)) {
    // An outer deadline that comes no later cancels this scope too, and is the one to tell.
    if (due_ >= scope.deadline()) return;
    scope.limit_deadline(due_);
    if (due_ <= began_) {
        on_due();
    } else {
        scope.loop().timers().add(*this, due_);
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

void DeadlineScope::check_place() const {
    TROIKA_CHECK(
        current_scope() == scope_.parent(),
        "DeadlineScope::run() belongs to the task that made the scope: a cancel of another "
        "one would not reach what runs in it");
}

}  // namespace troika
