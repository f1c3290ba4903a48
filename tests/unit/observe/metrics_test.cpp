#include <troika/base/error.hpp>
#include <troika/data/binary.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/observe/process_metrics.hpp>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <thread>

using namespace troika;

namespace {

double figure(const std::string& text, const std::string& series) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    }
    FAIL("no series " << series << " in\n" << text);
    return 0;
}

// One family of every kind, with values that need escaping.
void fill(Metrics& metrics) {
    metrics.counter("jobs_total", "Jobs\\done\nso far.", {{"pool", "a\"b\\c\nd"}, {"job", "x"}})
        .add(3);
    metrics.gauge("queue_length", "Waiting jobs.").set(1.5);
    const std::array bounds{0.1, 1.0};
    auto& histogram = metrics.histogram("wait_seconds", "Waiting.", bounds, {{"pool", "cpu"}});
    histogram.observe(0.05);
    histogram.observe(0.1);
    histogram.observe(7);
}

}  // namespace

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

TEST_CASE("asked for again with labels in another order, it is the same metric") {
    Metrics metrics;
    auto& first = metrics.counter("a_total", "A.", {{"x", "1"}, {"y", "2"}});
    auto& again = metrics.counter("a_total", "A.", {{"y", "2"}, {"x", "1"}});
    CHECK(&first == &again);
    CHECK(&first != &metrics.counter("a_total", "A.", {{"x", "1"}, {"y", "3"}}));
}

TEST_CASE("a name taken by something else is an error that names both") {
    Metrics metrics;
    metrics.gauge("thing_total", "A thing.", {{"a", "1"}});
    CHECK_THROWS_WITH(metrics.counter("thing_total", "Another."),
                      "metric thing_total is registered already, as a gauge, and asked for as a "
                      "counter");
    CHECK_THROWS_WITH(
        metrics.gauge("thing_total", "A thing.", {{"b", "1"}}),
        "metric thing_total is registered already, with the labels {a}, and asked for "
        "with {b}");
    metrics.histogram("h", "H.");
    CHECK_THROWS_AS(metrics.histogram("h", "H.", std::array{1.0}), Error);
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

TEST_CASE("too many label sets share one series instead of growing without end") {
    Metrics metrics;
    for (std::size_t i = 0; i < Metrics::kMaxSeries + 100; ++i)
        metrics.counter("a_total", "A.", {{"id", std::to_string(i)}}).add();
    CHECK(figure(metrics.render(), "a_total{id=\"other\"}") == 100);
    CHECK(figure(metrics.render(), "a_total{id=\"0\"}") == 1);
}

TEST_CASE("a watched value is asked for when rendering, as long as its owner lives") {
    Metrics metrics;
    double value = 1;
    auto owner = std::make_shared<int>(0);
    metrics.watch(MetricKind::gauge, "size", "Size.", {}, [&] { return value; }, owner);
    value = 2;
    CHECK(figure(metrics.render(), "size") == 2);
    owner.reset();
    CHECK(metrics.render().find("\nsize ") == std::string::npos);
}

TEST_CASE("deltas carry what changed, once, through the workers' border") {
    Metrics worker, server;
    fill(worker);
    server.counter("jobs_total", "Jobs\\done\nso far.", {{"pool", "a\"b\\c\nd"}, {"job", "x"}})
        .add(10);
    const MetricsDelta first = data::decode<MetricsDelta>(data::encode(worker.take_delta()));
    CHECK(first.series.size() == 3);
    server.apply(first);
    CHECK(worker.take_delta().series.empty());
    worker.gauge("queue_length", "Waiting jobs.").set(1.0);
    const std::array bounds{0.1, 1.0};
    worker.histogram("wait_seconds", "Waiting.", bounds, {{"pool", "cpu"}}).observe(0.5);
    server.apply(worker.take_delta());
    const std::string text = server.render();
    CHECK(figure(text, "jobs_total{job=\"x\",pool=\"a\\\"b\\\\c\\nd\"}") == 13);
    CHECK(figure(text, "queue_length") == 1.0);
    CHECK(figure(text, "wait_seconds_bucket{pool=\"cpu\",le=\"1\"}") == 3);
    CHECK(figure(text, "wait_seconds_count{pool=\"cpu\"}") == 4);
    CHECK(figure(text, "wait_seconds_sum{pool=\"cpu\"}") == Approx(7.65));

    MetricsDelta wrong;
    wrong.series.push_back({"queue_length", "", MetricKind::histogram, {}, {}, {1}, 0, 0});
    CHECK_THROWS_AS(server.apply(wrong), Error);
}

TEST_CASE("threads add without losing any") {
    Metrics metrics;
    auto& counter = metrics.counter("a_total", "A.");
    auto& histogram = metrics.histogram("h", "H.");
    std::array<std::thread, 4> threads;
    for (auto& thread : threads)
        thread = std::thread([&] {
            for (int i = 0; i < 10'000; ++i) {
                counter.add();
                histogram.observe(0.25);
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(counter.value() == 40'000);
    CHECK(histogram.sum() == 10'000);
}

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
