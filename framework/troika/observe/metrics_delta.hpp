#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troika {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };
BOOST_DESCRIBE_ENUM(MetricKind, counter, gauge, histogram)

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// What changed in a registry since the last look: how a worker process tells its server. Plain and
// described, so that it travels as data; carries name and help, because the receiver may not know
// them.
struct MetricsDelta {
    struct Series {
        std::string name;
        std::string help;
        MetricKind kind = MetricKind::counter;
        MetricLabels labels;
        std::vector<double> bounds;          // histogram
        std::vector<std::uint64_t> buckets;  // histogram, one more than bounds
        std::uint64_t count = 0;             // counter
        double sum = 0;                      // gauge (the difference) and histogram
    };
    std::vector<Series> series;
};
BOOST_DESCRIBE_STRUCT(MetricsDelta::Series, (),
                      (name, help, kind, labels, bounds, buckets, count, sum))
BOOST_DESCRIBE_STRUCT(MetricsDelta, (), (series))

}  // namespace troika
