#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/workers/job_outcome.hpp>

namespace troika::workers::detail {

// A caller that leaves because its deadline has passed is no caller that hung up.
inline JobOutcome outcome_of_cancel(CancelReason reason, JobOutcome otherwise) noexcept {
    return reason == CancelReason::deadline ? JobOutcome::timed_out : otherwise;
}

}  // namespace troika::workers::detail
