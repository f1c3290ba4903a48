#pragma once

#include <troika/async/token_bucket.hpp>
#include <troika/http/message/client_key.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>

namespace troika::http::detail {

// A token bucket for each client, of those that were there lately.
//
//   Memory        At most `most` buckets, and those that somebody waits in. One that is full again is
//                 as good as new and goes first; then the one that was asked for longest ago.
//   Threads       Event-loop thread only.
class ClientBuckets final {
  public:
    ClientBuckets(double rate, std::size_t burst, std::size_t most) noexcept
        : rate_(rate), burst_(burst), most_(most) {}

    // Kept by whoever waits in it.
    std::shared_ptr<TokenBucket> of(const Peer& peer, Clock::TimePoint now);
    std::size_t size() const noexcept { return by_use_.size(); }

  private:
    struct Client {
        ClientKey key;
        std::shared_ptr<TokenBucket> bucket;
    };
    void make_room(Clock::TimePoint now);
    bool full(const Client& client, Clock::TimePoint now) const noexcept;
    void forget_oldest() noexcept;

    double rate_;
    std::size_t burst_;
    std::size_t most_;
    std::list<Client> by_use_;  // the latest first
    std::unordered_map<ClientKey, std::list<Client>::iterator, ClientKey::Hash> by_key_;
};

}  // namespace troika::http::detail
