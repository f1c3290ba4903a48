#pragma once

#include <map>
#include <string>
#include <vector>

namespace troika::testing {

// What is wrong with a text in the Prometheus exposition format 0.0.4, a line each; empty: nothing.
// Stricter than the format asks: each sample has HELP and TYPE above it, a family stands in one piece,
// no series comes twice, counters and only they end with _total, only histograms have _bucket, _sum and
// _count, buckets grow and end with +Inf, which is _count.
std::vector<std::string> flaws_of_metrics(const std::string& text);

// The value of each series, named as in the text: name{label="value"}.
std::map<std::string, double> samples_of_metrics(const std::string& text);

}  // namespace troika::testing
