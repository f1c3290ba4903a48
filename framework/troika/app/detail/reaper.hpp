#pragma once

#include <troika/async/task.hpp>

namespace troika::detail {

// As PID 1 of a container this process inherits orphans and has to collect them. A child is collected
// only when it has been a zombie for 5 s: whoever started it (a popen() in a thread handler) gets its
// true status before. Workers are waited for by their pidfd long before that. Ends by cancellation;
// returns at once where this is not PID 1.
Task<> reap_orphans();

}  // namespace troika::detail
