#pragma once

#include "digest.hpp"
#include "statistics.hpp"

#include <troika/workers/job.hpp>

#include <string>

// What the archive computes in worker processes.
namespace archive {

inline const auto digest_job =
    troika::job<"archive.digest">([](const std::string& algorithm, const std::string& content) {
        return digest(algorithm, content);
    });

inline const auto statistics_job = troika::job<"archive.statistics">(
    [](const std::string& content) { return statistics(content); });

}  // namespace archive
