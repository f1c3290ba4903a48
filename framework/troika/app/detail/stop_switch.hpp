#pragma once

#include <troika/base/unique_function.hpp>

#include <mutex>
#include <utility>

namespace troika::detail {

// Code of a service asks for its end, whoever runs the service listens. What is asked before anybody
// listens is kept.
//
//   Threads       press() from any; connect() and disconnect() from the one that listens.
class StopSwitch final {
  public:
    void press() {
        const std::lock_guard lock(mutex_);
        pressed_ = true;
        if (listener_) listener_();
    }

    // `listener` must not wait for anything: it is called under a lock, by any thread; at once where
    // the switch was pressed before.
    void connect(UniqueFunction<void()> listener) {
        const std::lock_guard lock(mutex_);
        listener_ = std::move(listener);
        if (pressed_) listener_();
    }
    void disconnect() {
        const std::lock_guard lock(mutex_);
        listener_ = {};
    }

  private:
    std::mutex mutex_;
    bool pressed_ = false;
    UniqueFunction<void()> listener_;
};

}  // namespace troika::detail
