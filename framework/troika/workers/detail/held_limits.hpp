#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace troika::workers::detail {

// What one job may take of its worker. The sanitizers reserve the whole address space, so under them
// `memory` has no effect.
struct JobLimits {
    std::uint64_t memory = 0;  // bytes of address space beyond what is mapped now; 0: any
    std::uint32_t open_files =
        0;  // descriptors of the process, the worker's own four included; 0: any
};

// Holds this process to them until it goes out of scope. Throws Error when it cannot.
class HeldLimits final {
  public:
    explicit HeldLimits(const JobLimits& limits);
    HeldLimits(const HeldLimits&) = delete;
    HeldLimits& operator=(const HeldLimits&) = delete;
    ~HeldLimits();

  private:
    std::optional<rlimit> memory_before_;
    std::optional<rlimit> files_before_;
};

}  // namespace troika::workers::detail
