#pragma once

#include <cstddef>

namespace troika::detail {

// Threads of this process now, from /proc.
std::size_t thread_count();

// RLIMIT_NOFILE up to its hard limit; gives what is in force afterwards. Call it after the zygote was
// forked: workers keep the limit they were given.
std::size_t raise_descriptor_limit() noexcept;

// The smallest of this cgroup's memory limit (v2 or v1) and the machine's memory, in bytes.
std::size_t memory_limit();

}  // namespace troika::detail
