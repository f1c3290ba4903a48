#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troika::workers {

// When a worker process that is well is replaced all the same: its successor is ready before it
// leaves, and it finishes its job first. What counts is looked at after each job, the age also while
// it is idle.
struct RecycleOptions {
    std::size_t jobs = 0;              // that many jobs; 0: any number
    std::size_t memory = 0;            // bytes resident, shared preloads included; 0: any
    std::chrono::milliseconds age{0};  // since it became ready; 0: any
    double jitter = 0.1;  // jobs and age of each worker differ by up to this part, up and down
};

enum class RecycleCause : std::uint8_t {
    jobs,
    memory,
    age,
    roll  // ProcessPool::roll()
};
inline constexpr const char* kRecycleCauses[] = {"jobs", "memory", "age", "roll"};
constexpr const char* to_string(RecycleCause cause) noexcept {
    return kRecycleCauses[static_cast<std::size_t>(cause)];
}

}  // namespace troika::workers
