#include "../metrics_checks.hpp"

#include <troika/base/error.hpp>
#include <troika/observe/process_metrics.hpp>

#include <cstdio>
#include <cstdlib>

using namespace troika;

TEST_CASE("the text form is what Prometheus documents, ordered and escaped") {
    Metrics metrics;
    fill(metrics);
    CHECK(metrics.render() ==
          "# HELP jobs_total Jobs\\\\done\\nso far.\n"
          "# TYPE jobs_total counter\n"
          "jobs_total{job=\"x\",pool=\"a\\\"b\\\\c\\nd\"} 3\n"
          "# HELP queue_length Waiting jobs.\n"
          "# TYPE queue_length gauge\n"
          "queue_length 1.5\n"
          "# HELP wait_seconds Waiting.\n"
          "# TYPE wait_seconds histogram\n"
          "wait_seconds_bucket{pool=\"cpu\",le=\"0.1\"} 2\n"
          "wait_seconds_bucket{pool=\"cpu\",le=\"1\"} 2\n"
          "wait_seconds_bucket{pool=\"cpu\",le=\"+Inf\"} 3\n"
          "wait_seconds_sum{pool=\"cpu\"} 7.15\n"
          "wait_seconds_count{pool=\"cpu\"} 3\n");
}

TEST_CASE("promtool finds nothing to complain about") {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        WARN("promtool is not installed (package prometheus): not checked");
        return;
    }
    Metrics metrics;
    fill(metrics);
    add_process_metrics(metrics);
    FILE* tool = ::popen("promtool check metrics", "w");
    REQUIRE(tool != nullptr);
    const std::string text = metrics.render();
    std::fwrite(text.data(), 1, text.size(), tool);
    CHECK(::pclose(tool) == 0);
}

TEST_CASE("names and labels Prometheus does not allow are refused") {
    Metrics metrics;
    for (const char* name : {"", "1a_total", "a-b_total", "a b_total", "\xc3\xa9_total", "a"})
        CHECK_THROWS_AS(metrics.counter(name, "?"), Error);
    for (const char* label : {"", "1", "a:b", "__a"})
        CHECK_THROWS_AS(metrics.gauge("ok", "?", {{label, "v"}}), Error);
    CHECK_THROWS_AS(metrics.gauge("ok", "?", {{"a", "1"}, {"a", "2"}}), Error);
    CHECK_THROWS_AS(metrics.histogram("h", "?", kDurationBounds, {{"le", "1"}}), Error);
    CHECK_THROWS_AS(metrics.histogram("h", "?", std::array{2.0, 1.0}), Error);
    CHECK_THROWS_AS(metrics.watch(MetricKind::histogram, "h", "?", {}, [] { return 0.0; }), Error);
}
