#include <troika/app/detail/process_limits.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace troika::detail {

std::size_t thread_count() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

std::size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

std::size_t connections_allowed() noexcept {
    rlimit limit{};
    constexpr std::size_t kUnknown = 900;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return kUnknown;
    return limit.rlim_max - limit.rlim_max / 10;
}

std::optional<std::string> too_few_descriptors() {
    constexpr rlim_t kFewest = 64;  // about half of them are taken before the first connection
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= kFewest) return std::nullopt;
    return "only " + std::to_string(limit.rlim_max) +
           " file descriptors are allowed, a service needs " + std::to_string(kFewest) +
           kMoreDescriptors;
}

data::ByteSize buffered_bytes_allowed() {
    constexpr std::size_t kMost = std::size_t{256} * 1024 * 1024;
    return std::min(kMost, memory_limit() / 4);
}

std::size_t memory_limit() {
    const auto pages = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES));
    std::size_t limit = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (const char* file :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::ifstream input(file);
        std::size_t bytes = 0;
        if (input >> bytes) limit = std::min(limit, bytes);  // "max" is no number: no limit
    }
    return limit;
}

}  // namespace troika::detail
