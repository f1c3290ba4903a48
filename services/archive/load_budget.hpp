#pragma once

#include <troika/async/event.hpp>
#include <troika/async/task.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>

namespace archive {

struct LoadBudgetOptions {
    std::size_t max_bytes;                                        // held at once
    std::chrono::nanoseconds max_wait = std::chrono::seconds(5);  // then TimeoutError
};

// How many bytes of documents may be in memory at once. Who loads one takes a share of its size
// first, waits where there is no room, and holds the share as long as the bytes.
//
//   small documents ──► queue ──┐   go first; an eighth of max_bytes is theirs alone, unless a
//   large documents ──► queue ──┴─► large one could not be loaded in what remains
//
//   Lifetime      Shares may outlive it; nobody may wait when it goes.
//   Threads       Event-loop thread only.
//   Errors        take(): TimeoutError after max_wait.
//   Cancellation  A cancelled waiter leaves, and no share is lost.
class LoadBudget final {
    struct State;

  public:
    // Gives its bytes back when it goes.
    class [[nodiscard("the bytes are given back at once if it is not kept")]] Share final {
      public:
        Share(Share&&) noexcept = default;
        Share& operator=(Share&& other) noexcept {
            if (this != &other) {
                release();
                state_ = std::move(other.state_);
                bytes_ = other.bytes_;
            }
            return *this;
        }
        ~Share() { release(); }
        void release() noexcept;

      private:
        friend class LoadBudget;
        Share(std::shared_ptr<State> state, std::size_t bytes) noexcept
            : state_(std::move(state)), bytes_(bytes) {}

        std::shared_ptr<State> state_;
        std::size_t bytes_;
    };

    explicit LoadBudget(LoadBudgetOptions options);

    // More than max_bytes count as max_bytes: that one is loaded alone.
    troika::Task<Share> take(std::size_t bytes);

    // Documents of up to this size are small.
    std::size_t small() const noexcept;
    std::size_t held() const noexcept;     // bytes
    std::size_t waiting() const noexcept;  // documents

  private:
    std::shared_ptr<State> state_;
};

}  // namespace archive
