#include <troika/workers/detail/lease.hpp>

#include <algorithm>

namespace troika::workers::detail {

double Leases::factor() {
    const double jitter = std::clamp(options_.jitter, 0.0, 1.0);
    return std::uniform_real_distribution<double>(1.0 - jitter, 1.0 + jitter)(random_);
}

Lease Leases::lease(TimePoint ready) {
    Lease lease;
    if (options_.jobs > 0) {
        const double jobs = static_cast<double>(options_.jobs) * factor();
        lease.jobs = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(jobs + 0.5));
    }
    if (options_.age.count() > 0) {
        const std::chrono::duration<double, std::milli> age = options_.age * factor();
        lease.until = ready + std::chrono::ceil<std::chrono::milliseconds>(age);
    }
    return lease;
}

std::optional<RecycleCause> Leases::over(const Lease& lease, std::uint64_t jobs, TimePoint now) {
    if (jobs >= lease.jobs) return RecycleCause::jobs;
    if (now >= lease.until) return RecycleCause::age;
    return std::nullopt;
}

}  // namespace troika::workers::detail
