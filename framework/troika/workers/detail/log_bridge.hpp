#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace troika::workers::detail {

// In a worker: from now on log lines go to the server, each as a frame.
void send_log_to_server();

// In the server: writes a line of worker `pid`, which is added as the field "worker". Returns its
// message; an unreadable one is reported as such.
std::string write_log_of_worker(pid_t pid, std::string_view bytes);

}  // namespace troika::workers::detail
