#include <troika/async/retry.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>

#include <algorithm>
#include <random>

namespace troika {

void RetryBudget::earn() noexcept { balance_ = std::min(reserve_, balance_ + earned_per_call_); }

bool RetryBudget::try_spend() noexcept {
    if (balance_ < 1) return false;
    balance_ -= 1;
    return true;
}

bool is_transient(const std::exception_ptr& error) noexcept {
    const std::exception* const exception = standard_exception(error);
    return dynamic_cast<const IoError*>(exception) != nullptr ||
           dynamic_cast<const TimeoutError*>(exception) != nullptr ||
           dynamic_cast<const Overloaded*>(exception) != nullptr;
}

RetryState::RetryState(const RetryPolicy& policy, std::uint64_t seed) noexcept
    : policy_(policy), seed_(seed), limit_(std::min(policy.base, policy.cap)) {}

std::optional<std::chrono::nanoseconds> RetryState::failed(const std::exception_ptr& error) {
    ++attempts_;
    if (attempts_ >= policy_.attempts || is_cancelled(error) || !policy_.retry_if(error))
        return std::nullopt;
    if (policy_.budget != nullptr && !policy_.budget->try_spend()) return std::nullopt;
    const double part = static_cast<double>(random() >> 11) * 0x1p-53;
    const auto jitter = static_cast<std::int64_t>(static_cast<double>(limit_.count()) * part);
    limit_ = limit_ > policy_.cap / 2 ? policy_.cap : limit_ * 2;
    const auto* const overloaded = dynamic_cast<const Overloaded*>(standard_exception(error));
    const std::chrono::nanoseconds asked =
        overloaded != nullptr ? overloaded->retry_after() : std::chrono::seconds(0);
    return asked + std::chrono::nanoseconds(jitter);
}

// splitmix64
std::uint64_t RetryState::random() noexcept {
    std::uint64_t mixed = seed_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

namespace detail {

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

bool too_late(std::chrono::nanoseconds delay) noexcept {
    const Scope& scope = *current_scope();
    return scope.deadline() != Scope::TimePoint::max() &&
           delay >= scope.deadline() - scope.loop().now();
}

}  // namespace detail
}  // namespace troika
