#pragma once

#include <troika/workers/detail/held_limits.hpp>
#include <troika/workers/job.hpp>
#include <troika/workers/remote_error.hpp>

#include <optional>

namespace troika::workers::detail {

// The boundary where a job's exceptions stop: its result, ready to send, or its error as data.
struct JobAnswer {
    Parcel result;
    std::optional<ErrorData> error;
};
JobAnswer run_job(Trampoline run, Function function, Parcel input, std::size_t max_result,
                  const JobLimits& limits = {});

}  // namespace troika::workers::detail
