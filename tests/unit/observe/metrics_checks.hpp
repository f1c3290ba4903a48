#pragma once

#include <troika/observe/metrics.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <sstream>
#include <string>

inline double figure(const std::string& text, const std::string& series) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    }
    FAIL("no series " << series << " in\n" << text);
    return 0;
}

// One family of every kind, with values that need escaping.
inline void fill(troika::Metrics& metrics) {
    metrics.counter("jobs_total", "Jobs\\done\nso far.", {{"pool", "a\"b\\c\nd"}, {"job", "x"}})
        .add(3);
    metrics.gauge("queue_length", "Waiting jobs.").set(1.5);
    const std::array bounds{0.1, 1.0};
    auto& histogram = metrics.histogram("wait_seconds", "Waiting.", bounds, {{"pool", "cpu"}});
    histogram.observe(0.05);
    histogram.observe(0.1);
    histogram.observe(7);
}
