#include <troika/async/guard.hpp>
#include <troika/async/task_group.hpp>

#include <vector>

namespace troika::detail {

Task<> run_to_end(std::chrono::nanoseconds limit, Task<> task) {
    Scope scope(*current_scope(), current_scope()->name(), Scope::Shield::yes);
    const ScopeTimer timer(scope, limit);
    LimitedAwaiter<void> in_time(scope, timer, task);
    co_await in_time;
}

void throw_both(const std::exception_ptr& body, const std::exception_ptr& cleanup) {
    if (!cleanup) std::rethrow_exception(body);
    if (is_cancelled(body)) std::rethrow_exception(cleanup);
    throw GroupError({body, cleanup});
}

}  // namespace troika::detail
