#include <troika/workers/to_process.hpp>

#include <troika/base/error.hpp>

namespace troika::workers::detail {

ProcessPool& default_process_pool() {
    const Scope* scope = current_scope();
    auto* pool = scope != nullptr ? scope->loop().find<ProcessPool>() : nullptr;
    if (pool == nullptr) {
        throw Error("to_process: this event loop has no default process pool; offer() one to it");
    }
    return *pool;
}

}  // namespace troika::workers::detail
