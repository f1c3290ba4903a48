#include <troika/app/detail/process_limits.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace troika::detail;

TEST_CASE("the thread count counts a thread that runs") {
    CHECK(thread_count() >= 1);
    std::promise<void> end;
    std::thread thread([waiting = end.get_future()]() mutable { waiting.wait(); });
    CHECK(thread_count() >= 2);  // the thread sanitizer has one more of its own
    end.set_value();
    thread.join();
}

TEST_CASE("the descriptor limit is raised to the hard limit and told") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max / 2;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(raise_descriptor_limit() == limit.rlim_max);
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(limit.rlim_cur == limit.rlim_max);
}

TEST_CASE("the memory limit is something between a page and the machine's memory") {
    const auto machine = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    CHECK(memory_limit() >= 4096);
    CHECK(memory_limit() <= machine);
}

TEST_CASE("what settings leave to the machine is derived from its limits") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_max != RLIM_INFINITY)
        CHECK(connections_allowed() == limit.rlim_max - limit.rlim_max / 10);
    CHECK(buffered_bytes_allowed() > 0);
    CHECK(buffered_bytes_allowed() <= std::size_t{256} << 20);
    CHECK(buffered_bytes_allowed() <= memory_limit() / 4);
    CHECK((too_few_descriptors() != std::nullopt) == (limit.rlim_max < 64));
}
