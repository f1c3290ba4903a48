#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/task.hpp>

#include <utility>

namespace troika {

namespace detail {
void refuse_on_loop_thread();
}

// Runs `task` on a loop of its own and gives its result: for main() and for threads without a loop.
//
//     int main() { return sync_wait(run_tool()); }
//
//   Errors        Rethrows what the task threw. Error when the calling thread runs a loop, which
//                 would stand still meanwhile: co_await the task there.
template <typename T>
T sync_wait(Task<T> task, EventLoopOptions options = {}) {
    detail::refuse_on_loop_thread();
    EventLoop loop(options);
    return loop.run(std::move(task));
}

}  // namespace troika
