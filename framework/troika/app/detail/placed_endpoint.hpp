#pragma once

#include <troika/app/placement.hpp>

#include <string>

namespace troika::workers {
class ProcessPool;
class ThreadPool;
struct RunOptions;
}  // namespace troika::workers

namespace troika::detail {

// The one place where http meets workers: a handler that runs on the loop and answers with what its
// function says on a thread, or in a worker process.
//
//   Lifetime      `handler`, `pattern` and the pool outlive every request.
//   Cancellation  On a thread, the request travels in the job: a cancelled answer is given up at once
//                 while the thread runs on (counted as abandoned). In a process, by the pool's rules.
http::Handler call_on_thread(workers::ThreadPool& pool, const Placed::OnThread& handler);
http::Handler call_in_process(workers::ProcessPool& pool, Placed::OnProcess handler,
                              const std::string& pattern, const workers::RunOptions& limits);

}  // namespace troika::detail
