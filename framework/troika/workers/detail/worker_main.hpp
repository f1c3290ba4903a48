#pragma once

#include <troika/base/unique_fd.hpp>
#include <troika/workers/detail/worker_context.hpp>

#include <cstdint>

namespace troika::workers::detail {

// The life of a worker process, from the moment after it was forked (all signals still blocked) to
// its _exit. `context` is the zygote's, inherited with its preloads.
[[noreturn]] void worker_main(WorkerContext& context, UniqueFd channel, UniqueFd page,
                              std::uint32_t generation) noexcept;

// Shared with the zygote: dies with the server from here on; ends at once when it is dead already.
void die_with_server(pid_t server) noexcept;
// Default actions for every signal; what is blocked stays blocked.
void reset_signals() noexcept;
void block_signals() noexcept;
void unblock_signals() noexcept;

}  // namespace troika::workers::detail
