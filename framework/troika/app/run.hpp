#pragma once

#include <troika/app/app.hpp>

namespace troika {

// The main() of a service:
//
//     int main(int argc, char** argv) { return troika::run(argc, argv, hello::configure); }
//
// Reads the settings, calls `configure`, forks the zygote, listens, serves until SIGTERM or SIGINT,
// and shuts down by the ladder (detail/shutdown.cpp). The service is named after its binary, whatever link
// it was started by; its settings file is config/<name>.json.
//
// Returns the exit code: 0 clean, 1 a failure at start or at run time or requests that were cut,
// 2 usage or configuration. Forced endings do not return: 128 + signal, or 1 at the hard limit.
//
//   Threads       Once per process, on the main thread, before any other thread exists.
int run(int argc, char** argv, void (*configure)(App&));

}  // namespace troika
