#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

namespace troika {

// Runs `action` when the block is left, however it is left. `action` must not throw.
template <std::invocable F>
class [[nodiscard]] ScopeExit final {
  public:
    explicit ScopeExit(F action) noexcept(std::is_nothrow_move_constructible_v<F>)
        : action_(std::move(action)) {}
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    ~ScopeExit() {
        if (armed_) action_();
    }

    // The block reached its good end: nothing to undo.
    void release() noexcept { armed_ = false; }

  private:
    F action_;
    bool armed_ = true;
};

}  // namespace troika
