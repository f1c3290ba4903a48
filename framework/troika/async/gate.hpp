#pragma once

#include <troika/async/event.hpp>
#include <troika/async/task.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace troika {

struct GateStats {
    bool closed;
    std::size_t inside;
    std::size_t waiting;  // tasks that wait in close()
};

// Counts who is inside and lets a stopping object wait until they have left: enter() before
// touching it, close() in its stop(). (The idea is Seastar's gate.)
//
//   Threads       Event-loop thread only.
//   Errors        enter() throws Stopped once close() was called; try_enter() gives nothing.
class Gate final {
  public:
    class [[nodiscard("leaves at once if it is not kept")]] Pass final {
      public:
        Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        ~Pass() {
            if (gate_ != nullptr) gate_->leave();
        }

      private:
        friend class Gate;
        explicit Pass(Gate& gate) noexcept : gate_(&gate) { ++gate.inside_; }
        Gate* gate_;
    };

    Pass enter();
    std::optional<Pass> try_enter() noexcept {
        if (closed_) return std::nullopt;
        return Pass(*this);
    }
    // Nobody enters from now on; waits until everybody has left. May be awaited more than once.
    Task<> close();
    void refuse() noexcept { closed_ = true; }

    bool closed() const noexcept { return closed_; }
    std::size_t inside() const noexcept { return inside_; }
    GateStats stats() const noexcept { return {closed_, inside_, empty_.stats().waiting}; }

  private:
    void leave() noexcept {
        if (--inside_ == 0) empty_.set();
    }
    bool closed_ = false;
    std::size_t inside_ = 0;
    Event empty_;
};

}  // namespace troika
