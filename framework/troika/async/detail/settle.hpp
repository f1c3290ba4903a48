#pragma once

#include <troika/async/settled.hpp>
#include <troika/async/task.hpp>

#include <type_traits>

namespace troika::detail {

template <typename T>
class SettleAwaiter final : public Task<T>::Awaiter {
  public:
    using Task<T>::Awaiter::Awaiter;
    Settled<T> await_resume() const {
        auto& promise = this->handle_.promise();
        Settled<T> settled;
        settled.error = promise.take_error();
        if (settled.error) return settled;
        if constexpr (std::is_void_v<T>) {
            settled.value.emplace();
        } else {
            settled.value.emplace(promise.take());
        }
        return settled;
    }
};

// co_await settle(task): whatever the task threw, Cancelled included, comes back as a value. Nothing
// is rethrown on the way, and what follows may await, which a catch block may not.
template <typename T>
[[nodiscard]] SettleAwaiter<T> settle(Task<T>& task) noexcept {
    return SettleAwaiter<T>(task.handle());
}

}  // namespace troika::detail
