#pragma once

#include <troika/data/units.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace troika::detail {

// What to do about it; behind an error.
inline constexpr const char* kMoreDescriptors =
    ": raise the hard limit (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of docker)";

// Open connections where server.max_connections is 0: 90 % of the hard descriptor limit. The server
// counts exactly when it listens and leaves out what is open by then, a few dozen.
std::size_t connections_allowed() noexcept;
// Bytes of request bodies where server.max_buffered_bytes is 0: 256 MiB, or a quarter of the memory.
data::ByteSize buffered_bytes_allowed();

// Why a service cannot work with the hard descriptor limit it was given; nothing when it can.
std::optional<std::string> too_few_descriptors();

// Threads of this process now, from /proc.
std::size_t thread_count();

// RLIMIT_NOFILE up to its hard limit; gives what is in force afterwards. Call it after the zygote was
// forked: workers keep the limit they were given.
std::size_t raise_descriptor_limit() noexcept;

// The smallest of this cgroup's memory limit (v2 or v1) and the machine's memory, in bytes.
std::size_t memory_limit();

}  // namespace troika::detail
