#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

namespace troika::http::detail {

// What one body has of the budget.
struct BodyShare {
    std::uint64_t held = 0;
    std::uint64_t rest = 0;  // of its length, to be taken yet; 0 in chunks
    bool in_chunks = false;  // of no known length, and not at its end
    bool health = false;     // for an endpoint that must not be shed

    bool grows() const noexcept { return held > 0 && rest > 0; }
};

// Memory for bodies that are buffered, of all connections together: never more than `limit` bytes.
//
// Room is taken step by step, before the bytes it is for are read. A body so holds at most twice what has
// come of it, whatever length it claims, plus a first step; slow clients hold little.
//
// Half-received bodies must not wait for each other for ever. So a step is only granted when afterwards all
// could still be received one after the other, those with the shortest rest first (the banker's
// algorithm). Chunks promise no end: nobody counts on getting their room back.
//
// The last sixteenth is for bodies no longer than a first step, however many large ones there are; of it a
// sixteenth for those of health endpoints.
class BodyBudget final {
  public:
    static constexpr std::uint64_t kFirstStep = 16 * 1024;
    static constexpr std::uint64_t kLongestStep = 1024 * 1024;

    explicit BodyBudget(std::uint64_t limit) noexcept : limit_(limit) {}
    BodyBudget(const BodyBudget&) = delete;
    BodyBudget& operator=(const BodyBudget&) = delete;

    // Whether there would be room for all of it if there were no other body.
    bool fits(const BodyShare& share) const noexcept;
    // Whether take() would give anything, and if, whether it is enough for `at_hand` bytes.
    bool has_room(const BodyShare& share, std::size_t at_hand) const noexcept;
    // Room for the bytes `at_hand` and for more to be read. False: not now. The share is known by its
    // address until it is given back.
    bool take(BodyShare& share, std::size_t at_hand);
    // A body in chunks is complete with `received` bytes: the rest of its room is given back.
    void finish(BodyShare& share, std::uint64_t received) noexcept;
    void give_back(BodyShare& share) noexcept;

    std::uint64_t used() const noexcept { return used_; }

  private:
    struct ShortestRestFirst {
        bool operator()(const BodyShare* one, const BodyShare* other) const noexcept {
            return one->rest != other->rest ? one->rest < other->rest : one < other;
        }
    };

    std::uint64_t kept_from(const BodyShare& share) const noexcept;
    bool allows(const BodyShare& share, std::uint64_t step) const noexcept;
    bool all_could_end(const BodyShare& share, std::uint64_t step,
                       std::uint64_t unused) const noexcept;

    const std::uint64_t limit_;
    std::uint64_t used_ = 0;
    std::uint64_t complete_ = 0;  // held by bodies that take nothing more: comes back by itself
    std::set<BodyShare*, ShortestRestFirst> growing_;
};

}  // namespace troika::http::detail
