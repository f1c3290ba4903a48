#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace troika::workers {

class ProcessPool;
class ThreadPool;

// The pools of a loop by name, offered to whoever runs on it (EventLoop::offer). An App offers its
// own: those of App::thread_pool() and App::process_pool(), and the default ones.
class NamedPools final {
  public:
    void add(std::string name, ThreadPool& pool) { threads_[std::move(name)] = &pool; }
    void add(std::string name, ProcessPool& pool) { processes_[std::move(name)] = &pool; }

    // Throw Error that names those there are.
    ThreadPool& threads(std::string_view name) const;
    ProcessPool& processes(std::string_view name) const;

  private:
    std::map<std::string, ThreadPool*, std::less<>> threads_;
    std::map<std::string, ProcessPool*, std::less<>> processes_;
};

// The pool of this name on the loop that runs here: `co_await process_pool("reports").run(job, ...)`.
// Inside a coroutine. Throws Error where there is none of this name.
ThreadPool& thread_pool(std::string_view name);
ProcessPool& process_pool(std::string_view name);

}  // namespace troika::workers

namespace troika {
using workers::process_pool;
using workers::thread_pool;
}  // namespace troika
