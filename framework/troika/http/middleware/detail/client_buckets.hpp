#pragma once

#include <troika/async/token_bucket.hpp>
#include <troika/http/message/peer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
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
    struct Key {
        std::array<std::uint8_t, 8> bytes{};
        std::size_t size = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    struct Client {
        Key key;
        std::shared_ptr<TokenBucket> bucket;
    };
    static Key key_of(const Peer& peer) noexcept;
    void make_room(Clock::TimePoint now);
    bool full(const Client& client, Clock::TimePoint now) const noexcept;
    void forget_oldest() noexcept;

    double rate_;
    std::size_t burst_;
    std::size_t most_;
    std::list<Client> by_use_;  // the latest first
    std::unordered_map<Key, std::list<Client>::iterator, Hash> by_key_;
};

}  // namespace troika::http::detail
