#include <troika/async/deadline.hpp>

#include <string>

namespace troika::detail {

ScopeTimer::ScopeTimer(Scope& scope, std::chrono::nanoseconds after)
    : scope_(scope), after_(after) {
    EventLoop& loop = scope.loop();
    const auto now = loop.now();
    if (after_ >= Clock::TimePoint::max() - now) return;
    scope.limit_deadline(now + after_);
    loop.timers().add(*this, now + after_);
}

void ScopeTimer::on_due() noexcept {
    if (scope_.cancelled()) return;
    expired_ = true;
    scope_.cancel(CancelReason::deadline);
}

void ScopeTimer::throw_timeout() const {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(after_).count();
    throw TimeoutError(std::string(scope_.name()) + ": not finished within " +
                       std::to_string(milliseconds) + " ms");
}

}  // namespace troika::detail
