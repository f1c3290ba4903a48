#include <troika/async/sync_wait.hpp>
#include <troika/base/error.hpp>

namespace troika::detail {

void refuse_on_loop_thread() {
    if (running_loop_cursor != nullptr || current_scope() != nullptr)
        throw Error(
            "sync_wait() on a loop thread would stop everything that runs there: co_await "
            "the task instead");
}

}  // namespace troika::detail
