#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <typeinfo>

namespace troika {
class Metrics;
}

// What code inside a worker process may ask about itself. In any other process stop_requested() is
// false, job_deadline() is empty, worker_settings() too, and the others throw.
namespace troika::workers {

// True once the server wants the running job to end: its caller is gone, its deadline has passed or
// the pool is stopping. One relaxed load; ask as often as you like, then throw or return.
bool stop_requested() noexcept;
// When the running job will be asked to stop.
std::optional<std::chrono::steady_clock::time_point> job_deadline() noexcept;
// The bytes last given to ProcessPool::set_settings(); valid until the running job ends.
std::string_view worker_settings() noexcept;
// This worker's own registry; what a job counted reaches the server's with its result.
Metrics& worker_metrics();

namespace detail {

template <typename T>
inline constexpr char kTypeTag = 0;

const void* find_preloaded(const void* type_tag) noexcept;
void* find_worker_state(const void* type_tag) noexcept;
[[noreturn]] void throw_not_preloaded(const char* type);
[[noreturn]] void throw_no_worker_state(const char* type);

}  // namespace detail

// The constant built by preload<T>() before this worker was forked; shared copy-on-write.
template <typename T>
const T& preloaded() {
    const void* found = detail::find_preloaded(&detail::kTypeTag<T>);
    if (found == nullptr) detail::throw_not_preloaded(typeid(T).name());
    return *static_cast<const T*>(found);
}

// What the pool's worker_start hook returned in this worker.
template <typename T>
T& worker_state() {
    void* found = detail::find_worker_state(&detail::kTypeTag<T>);
    if (found == nullptr) detail::throw_no_worker_state(typeid(T).name());
    return *static_cast<T*>(found);
}

}  // namespace troika::workers

namespace troika {
using workers::preloaded;
using workers::stop_requested;
using workers::worker_metrics;
using workers::worker_state;
}  // namespace troika
