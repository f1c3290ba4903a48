#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace troika::workers::detail {

struct MemoryInUse {
    std::uint64_t mapped = 0;    // bytes of address space
    std::uint64_t resident = 0;  // bytes in memory, shared pages included
};

// Of a process of ours, from /proc; 0: this one. Nothing when it is gone or /proc is not there.
std::optional<MemoryInUse> memory_in_use(pid_t pid) noexcept;

}  // namespace troika::workers::detail
