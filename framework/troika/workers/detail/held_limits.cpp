#include <troika/workers/detail/held_limits.hpp>

#include <troika/base/error.hpp>
#include <troika/workers/detail/memory_in_use.hpp>

#include <algorithm>

namespace troika::workers::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanLimitMemory = false;
#else
constexpr bool kCanLimitMemory = true;
#endif

std::optional<rlimit> lower(__rlimit_resource_t resource, rlim_t value) {
    rlimit before{};
    if (::getrlimit(resource, &before) != 0) throw_errno("read a resource limit");
    const rlimit lowered{std::min(value, before.rlim_cur), before.rlim_max};
    if (::setrlimit(resource, &lowered) != 0) throw_errno("limit a job");
    return before;
}

}  // namespace

HeldLimits::HeldLimits(const JobLimits& limits) {
    if (limits.memory > 0 && kCanLimitMemory) {
        const auto now = memory_in_use(0);
        if (!now) throw Error("the memory of a job cannot be limited: /proc is not readable");
        const rlim_t room = RLIM_INFINITY - now->mapped;
        memory_before_ = lower(RLIMIT_AS, now->mapped + std::min<rlim_t>(limits.memory, room));
    }
    if (limits.open_files > 0) files_before_ = lower(RLIMIT_NOFILE, limits.open_files);
}

HeldLimits::~HeldLimits() {
    if (memory_before_) ::setrlimit(RLIMIT_AS, &*memory_before_);
    if (files_before_) ::setrlimit(RLIMIT_NOFILE, &*files_before_);
}

}  // namespace troika::workers::detail
