#include <troika/workers/to_thread.hpp>

#include <troika/base/error.hpp>

namespace troika::workers::detail {

ThreadPool& default_thread_pool() {
    auto* pool = current_scope()->loop().find<ThreadPool>();
    if (pool == nullptr) {
        throw Error("to_thread: this event loop has no default thread pool; offer() one to it");
    }
    return *pool;
}

}  // namespace troika::workers::detail
