#include <troika/workers/detail/memory_in_use.hpp>

#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace troika::workers::detail {

std::optional<MemoryInUse> memory_in_use(pid_t pid) noexcept {
    char path[32] = "/proc/self/statm";
    if (pid > 0) std::snprintf(path, sizeof path, "/proc/%d/statm", pid);
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) return std::nullopt;
    char text[96] = {};
    if (::read(file.get(), text, sizeof text - 1) <= 0) return std::nullopt;
    unsigned long mapped = 0;
    unsigned long resident = 0;
    if (std::sscanf(text, "%lu %lu", &mapped, &resident) != 2) return std::nullopt;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return MemoryInUse{mapped * page, resident * page};
}

}  // namespace troika::workers::detail
