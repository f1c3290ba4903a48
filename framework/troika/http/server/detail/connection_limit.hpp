#pragma once

#include <cstddef>

namespace troika::http::detail {

// Connections for a process that may have `limit` descriptors and has `in_use`: nine tenths of the others,
// at least one. The last tenth is for what is opened later: files, memory files, workers.
std::size_t connection_limit(std::size_t limit, std::size_t in_use) noexcept;

// The same for this process as it is, for a server that has `connections` open.
std::size_t connection_limit_now(std::size_t connections) noexcept;

}  // namespace troika::http::detail
