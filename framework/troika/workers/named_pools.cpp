#include <troika/workers/named_pools.hpp>

#include <troika/async/event_loop.hpp>
#include <troika/async/scope.hpp>
#include <troika/base/error.hpp>

#include <utility>

namespace troika::workers {
namespace {

template <typename Pool>
Pool& find(const std::map<std::string, Pool*, std::less<>>& pools, std::string_view name,
           const char* kind) {
    if (const auto found = pools.find(name); found != pools.end()) return *found->second;
    std::string known;
    for (const auto& [other, pool] : pools) known += (known.empty() ? "" : ", ") + other;
    throw Error("there is no " + std::string(kind) + " pool named '" + std::string(name) +
                "'; there are: " + (known.empty() ? "none" : known));
}

const NamedPools& pools_here(std::string_view name) {
    const Scope* const scope = current_scope();
    const NamedPools* const pools = scope != nullptr ? scope->loop().find<NamedPools>() : nullptr;
    if (pools != nullptr) return *pools;
    throw Error("the pool '" + std::string(name) +
                "' was asked for outside a coroutine, or on a loop that offers no NamedPools");
}

}  // namespace

ThreadPool& NamedPools::threads(std::string_view name) const {
    return find(threads_, name, "thread");
}
ProcessPool& NamedPools::processes(std::string_view name) const {
    return find(processes_, name, "process");
}

ThreadPool& thread_pool(std::string_view name) { return pools_here(name).threads(name); }
ProcessPool& process_pool(std::string_view name) { return pools_here(name).processes(name); }

}  // namespace troika::workers
