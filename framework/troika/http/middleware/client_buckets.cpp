#include <troika/http/middleware/detail/client_buckets.hpp>

#include <algorithm>

namespace troika::http::detail {

std::shared_ptr<TokenBucket> ClientBuckets::of(const Peer& peer, Clock::TimePoint now) {
    const ClientKey key(peer);
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
        by_use_.splice(by_use_.begin(), by_use_, found->second);
        return found->second->bucket;
    }
    make_room(now);
    by_use_.push_front({key, std::make_shared<TokenBucket>(rate_, burst_)});
    by_key_.emplace(key, by_use_.begin());
    return by_use_.front().bucket;
}

// Two for one, so that a crowd that has left is forgotten while others come.
void ClientBuckets::make_room(Clock::TimePoint now) {
    for (int i = 0; i < 2 && !by_use_.empty() && full(by_use_.back(), now); ++i) forget_oldest();
    if (by_use_.size() >= most_) forget_oldest();
}

bool ClientBuckets::full(const Client& client, Clock::TimePoint now) const noexcept {
    return client.bucket->delay(burst_, now) == Clock::Duration::zero();
}

void ClientBuckets::forget_oldest() noexcept {
    by_key_.erase(by_use_.back().key);
    by_use_.pop_back();
}

}  // namespace troika::http::detail
