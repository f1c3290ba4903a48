#include <troika/workers/detail/replacement.hpp>

#include <algorithm>

namespace troika::workers::detail {

Replacement::Duration Replacement::died(TimePoint now, Moment moment) noexcept {
    if (now - last_ >= kWindow) {
        deaths_ = 0;
        delay_ = Duration::zero();
        unborn_ = 0;
    }
    last_ = now;
    ++deaths_;
    unborn_ = moment == Moment::before_first_job ? unborn_ + 1 : 0;
    if (deaths_ <= kFree) return Duration::zero();
    delay_ = delay_ == Duration::zero() ? kFirstDelay : std::min(delay_ * 2, kLongestDelay);
    return delay_;
}

bool Replacement::hopeless(TimePoint now, Strength strength) const noexcept {
    const Duration doubted = strength == Strength::full ? kTrusted : kWindow;
    return unborn_ >= kUnbornLimit && now - last_ < doubted;
}

}  // namespace troika::workers::detail
