#include "metrics_checks.hpp"

#include <troika/observe/process_metrics.hpp>

#include <unistd.h>

#include <ctime>

using namespace troika;

TEST_CASE("the process figures are those of this process") {
    Metrics metrics;
    add_process_metrics(metrics);
    const std::string before = metrics.render();
    std::array<int, 2> fds{};
    REQUIRE(::pipe(fds.data()) == 0);
    const std::string after = metrics.render();
    CHECK(figure(after, "process_open_fds") == figure(before, "process_open_fds") + 2);
    CHECK(figure(after, "process_resident_memory_bytes") > 1e6);
    CHECK(figure(after, "process_threads") == 1);
    CHECK(figure(after, "process_max_fds") >= 3);
    CHECK(figure(after, "process_cpu_seconds_total") >= 0);
    CHECK(figure(after, "process_start_time_seconds") ==
          Approx(static_cast<double>(std::time(nullptr))).margin(600));
    ::close(fds[0]);
    ::close(fds[1]);
}
