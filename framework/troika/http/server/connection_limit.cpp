#include <troika/http/server/detail/connection_limit.hpp>

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>

namespace troika::http::detail {

namespace {

constexpr std::size_t kUnlimited = 1000;  // where nothing is known

std::size_t descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return kUnlimited;
    return limit.rlim_cur;
}

std::size_t descriptors_in_use() noexcept {
    constexpr std::size_t kGuess = 32;  // without /proc
    DIR* const all = ::opendir("/proc/self/fd");
    if (all == nullptr) return kGuess;
    std::size_t count = 0;
    while (const dirent* const entry = ::readdir(all)) count += entry->d_name[0] != '.' ? 1 : 0;
    ::closedir(all);
    return count - 1;  // the directory's own
}

}  // namespace

std::size_t connection_limit(std::size_t limit, std::size_t in_use) noexcept {
    const std::size_t others = limit - std::min(limit, in_use);
    return std::max<std::size_t>(others - others / 10, 1);
}

std::size_t connection_limit_now(std::size_t connections) noexcept {
    const std::size_t in_use = descriptors_in_use();
    return connection_limit(descriptor_limit(), in_use - std::min(in_use, connections));
}

}  // namespace troika::http::detail
