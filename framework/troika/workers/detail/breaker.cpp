#include <troika/workers/detail/breaker.hpp>

#include <algorithm>

namespace troika::workers::detail {

Breaker::Verdict Breaker::admit(TimePoint now) noexcept {
    if (!open()) return Verdict::run;
    if (probing_ || now < until_) return Verdict::refuse;
    probing_ = true;
    return Verdict::probe;
}

void Breaker::survived() noexcept { *this = Breaker(); }

bool Breaker::died(TimePoint now) noexcept {
    ++deaths_;
    if (deaths_ < kDeathsToOpen) return false;
    if (open() && !probing_) return false;  // one that was admitted before it opened
    pause_ = open() ? std::min(pause_ * 2, kLongestPause) : kFirstPause;
    until_ = now + pause_;
    probing_ = false;
    return true;
}

void Breaker::withdrawn() noexcept { probing_ = false; }

Breaker::Duration Breaker::retry_after(TimePoint now) const noexcept {
    return std::max(until_ - now, Duration::zero());
}

}  // namespace troika::workers::detail
