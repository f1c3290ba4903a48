#include <troika/workers/detail/lease.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace std::chrono_literals;
using troika::workers::RecycleCause;
using troika::workers::RecycleOptions;
using troika::workers::to_string;
using troika::workers::detail::Lease;
using troika::workers::detail::Leases;

namespace {
const Leases::TimePoint kLeaseStart = Leases::TimePoint(1h);
}

TEST_CASE("without options a worker stays for good, however much it has done") {
    Leases leases(RecycleOptions{}, 1);
    const Lease lease = leases.lease(kLeaseStart);
    CHECK_FALSE(Leases::over(lease, 1'000'000'000, kLeaseStart + 10'000h));
    CHECK_FALSE(leases.watches_memory());
    CHECK_FALSE(leases.too_large(~std::uint64_t{0}));
}

TEST_CASE("each worker's share of jobs and age differs by the jitter, and by no more") {
    Leases leases({.jobs = 1000, .age = 1000s, .jitter = 0.1}, 7);
    std::set<std::uint64_t> jobs;
    for (int i = 0; i < 200; ++i) {
        const Lease lease = leases.lease(kLeaseStart);
        CHECK(lease.jobs >= 900);
        CHECK(lease.jobs <= 1100);
        CHECK(lease.until >= kLeaseStart + 900s);
        CHECK(lease.until <= kLeaseStart + 1100s + 1ms);
        jobs.insert(lease.jobs);
    }
    CHECK(jobs.size() > 50);
}

TEST_CASE("a lease without jitter ends exactly, and at least one job fits into it") {
    Leases leases({.jobs = 3, .age = 10s, .jitter = 0}, 1);
    const Lease lease = leases.lease(kLeaseStart);
    CHECK_FALSE(Leases::over(lease, 2, kLeaseStart + 9999ms));
    CHECK(Leases::over(lease, 3, kLeaseStart) == RecycleCause::jobs);
    CHECK(Leases::over(lease, 0, kLeaseStart + 10s) == RecycleCause::age);
    Leases single({.jobs = 1, .jitter = 1.0}, 1);
    for (int i = 0; i < 50; ++i) CHECK(single.lease(kLeaseStart).jobs >= 1);
}

TEST_CASE("memory is too much only beyond its limit, and every cause has its word") {
    const Leases leases({.memory = 100}, 1);
    CHECK_FALSE(leases.too_large(100));
    CHECK(leases.too_large(101));
    CHECK(to_string(RecycleCause::memory) == std::string("memory"));
    CHECK(to_string(RecycleCause::roll) == std::string("roll"));
}
