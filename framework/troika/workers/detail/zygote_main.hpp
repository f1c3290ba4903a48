#pragma once

#include <troika/base/unique_fd.hpp>

#include <sys/types.h>

namespace troika::workers::detail {

// The life of the first zygote, from its fork (all signals blocked) to its _exit.
[[noreturn]] void zygote_main(UniqueFd socket, pid_t server) noexcept;

}  // namespace troika::workers::detail
