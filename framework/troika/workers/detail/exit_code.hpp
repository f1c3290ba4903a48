#pragma once

namespace troika::workers::detail {

// How zygotes and workers leave of their own accord (always by _exit, never through destructors).
inline constexpr int kExitClean = 0;
inline constexpr int kExitOrphaned = 120;     // the server was gone before we were ready
inline constexpr int kExitChannelLost = 121;  // the channel does not work any more
inline constexpr int kExitBadFrame = 122;     // the server sent something we do not understand
inline constexpr int kExitStartFailed = 123;  // set-up or a worker_start hook failed

}  // namespace troika::workers::detail
