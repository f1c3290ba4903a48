#include <troika/async/token_bucket.hpp>
#include <troika/base/check.hpp>

#include <algorithm>
#include <cmath>

namespace troika {

namespace {
constexpr auto kForgiven = std::chrono::milliseconds(10);  // ten times the timers' resolution

constexpr Clock::Duration whole_nanoseconds(double count) noexcept {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(count));
}
}  // namespace

TokenBucket::TokenBucket(double rate, std::size_t burst) : interval_(1e9 / rate), burst_(burst) {
    TROIKA_CHECK(rate > 0 && std::isfinite(rate), "a token bucket has a rate above 0 per second");
    TROIKA_CHECK(burst > 0, "a token bucket holds at least one token");
}

TokenBucket::Take TokenBucket::take(std::size_t tokens) {
    TROIKA_CHECK(tokens <= burst_, "more tokens are taken at once than the bucket can hold");
    return Take(*this, tokens);
}

bool TokenBucket::Take::start() {
    bucket_.loop_ = &scope().loop();
    since_ = bucket_.loop_->now();
    if (bucket_.waiters_.empty() && bucket_.spend_if_due(tokens_, since_)) return false;
    wait_in(bucket_.waiters_);
    bucket_.awaited_ += tokens_;
    bucket_.grant_and_arm();
    return true;
}

void TokenBucket::Take::on_cancel() noexcept {
    leave();
    bucket_.awaited_ -= tokens_;
    bucket_.grant_and_arm();
    complete_cancelled();
}

bool TokenBucket::try_take(std::size_t tokens) {
    TROIKA_CHECK(current_scope() != nullptr, "a token bucket is used inside a coroutine");
    return waiters_.empty() && spend_if_due(tokens, current_scope()->loop().now());
}

// When `tokens` are there: the bucket lacks (full_at - t) / interval of its burst at a time t.
Clock::TimePoint TokenBucket::due(std::size_t tokens) const noexcept {
    if (full_at_ == Clock::TimePoint::min()) return full_at_;
    const double spare = static_cast<double>(burst_) - static_cast<double>(tokens);
    const double early = spare * interval_ - full_at_fraction_;
    return full_at_ - whole_nanoseconds(std::floor(early));
}

void TokenBucket::spend(std::size_t tokens, Clock::TimePoint at) noexcept {
    if (at > full_at_) {
        full_at_ = at;
        full_at_fraction_ = 0;
    }
    const double add = static_cast<double>(tokens) * interval_ + full_at_fraction_;
    full_at_ += whole_nanoseconds(std::floor(add));
    full_at_fraction_ = add - std::floor(add);
    taken_ += tokens;
}

bool TokenBucket::spend_if_due(std::size_t tokens, Clock::TimePoint now) noexcept {
    if (tokens > burst_ || due(tokens) > now) return false;
    spend(tokens, now);
    return true;
}

void TokenBucket::on_due() noexcept { grant_and_arm(); }

void TokenBucket::grant_and_arm() noexcept {
    const auto now = loop_->now();
    while (!waiters_.empty()) {
        const auto& first = static_cast<const Take&>(waiters_.front());
        const auto when = due(first.tokens_);
        if (when > now) {
            loop_->timers().add(*this, when);
            return;
        }
        // Not `now`: as if it had been woken at the very moment its tokens were there.
        spend(first.tokens_, std::max(first.since_, now - kForgiven));
        awaited_ -= first.tokens_;
        waiters_.resume_first();
    }
    loop_->timers().cancel(*this);
}

Clock::Duration TokenBucket::delay(std::size_t tokens, Clock::TimePoint now) const noexcept {
    const Clock::TimePoint when = due(tokens + awaited_);
    return when <= now ? Clock::Duration::zero() : when - now;
}

TokenBucketStats TokenBucket::stats(Clock::TimePoint now) const noexcept {
    double missing = 0;
    if (full_at_ > now) missing = static_cast<double>((full_at_ - now).count()) + full_at_fraction_;
    return {static_cast<double>(burst_) - missing / interval_, waiters_.size(), taken_};
}

}  // namespace troika
