#include <troika/http/server/detail/body_budget.hpp>

#include <algorithm>

namespace troika::http::detail {

namespace {

constexpr std::uint64_t kSixteenth = 16;
// Of the bodies with a shorter rest: beyond, a step is refused without a proof that it is unsafe. The
// body with the shortest rest needs no such proof, so there is always one that may go on.
constexpr int kLookedAt = 64;

// A body that takes all of its room with its first step, and so never waits half received.
bool is_small(const BodyShare& share) noexcept {
    return !share.in_chunks && share.held + share.rest <= BodyBudget::kFirstStep;
}

std::uint64_t shortest_step(const BodyShare& share, std::size_t at_hand) noexcept {
    const std::uint64_t step = std::max<std::uint64_t>(BodyBudget::kFirstStep, at_hand);
    return share.in_chunks ? step : std::min(step, share.rest);
}

std::uint64_t wanted_step(const BodyShare& share, std::size_t at_hand) noexcept {
    const std::uint64_t step = std::min(share.held, BodyBudget::kLongestStep);
    return std::max(shortest_step(share, at_hand),
                    share.in_chunks ? step : std::min(step, share.rest));
}

}  // namespace

std::uint64_t BodyBudget::kept_from(const BodyShare& share) const noexcept {
    if (!is_small(share)) return limit_ / kSixteenth;
    return share.health ? 0 : limit_ / kSixteenth / kSixteenth;
}

bool BodyBudget::fits(const BodyShare& share) const noexcept {
    return share.rest <= limit_ - kept_from(share);
}

bool BodyBudget::allows(const BodyShare& share, std::uint64_t step) const noexcept {
    const std::uint64_t taken = used_ + kept_from(share);
    if (taken > limit_ || step > limit_ - taken) return false;
    const bool ends = !share.in_chunks && step == share.rest;
    return ends || all_could_end(share, step, limit_ - taken);
}

// `unused` before the step.
bool BodyBudget::all_could_end(const BodyShare& share, std::uint64_t step,
                               std::uint64_t unused) const noexcept {
    std::uint64_t room = unused - step + complete_;
    // Once there is room for this one's rest, all is as good as it was without the step.
    std::uint64_t enough = share.rest - step;
    if (share.in_chunks) enough = growing_.empty() ? 0 : (*growing_.rbegin())->rest;
    int looked_at = 0;
    for (const BodyShare* const other : growing_) {
        if (room >= enough) return true;
        if (other == &share) continue;
        if (room < other->rest || ++looked_at > kLookedAt) return false;
        room += other->held;
    }
    return room >= enough;
}

bool BodyBudget::has_room(const BodyShare& share, std::size_t at_hand) const noexcept {
    return allows(share, shortest_step(share, at_hand));
}

bool BodyBudget::take(BodyShare& share, std::size_t at_hand) {
    std::uint64_t step = wanted_step(share, at_hand);
    if (!allows(share, step)) {
        step = shortest_step(share, at_hand);
        if (!allows(share, step)) return false;
    }
    if (share.grows()) growing_.erase(&share);
    used_ += step;
    share.held += step;
    if (share.in_chunks) return true;
    share.rest -= step;
    if (share.grows())
        growing_.insert(&share);
    else
        complete_ += share.held;
    return true;
}

void BodyBudget::finish(BodyShare& share, std::uint64_t received) noexcept {
    if (!share.in_chunks) return;
    share.in_chunks = false;
    used_ -= share.held - received;
    share.held = received;
    complete_ += received;
}

void BodyBudget::give_back(BodyShare& share) noexcept {
    if (share.grows())
        growing_.erase(&share);
    else if (!share.in_chunks)
        complete_ -= share.held;
    used_ -= share.held;
    share = {};
}

}  // namespace troika::http::detail
