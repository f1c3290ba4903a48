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
