#pragma once

#include <filesystem>

namespace troika::workers {

// How many CPUs this process may keep busy: those it may run on, limited by its cgroup's quota
// (rounded up), at least 1. `root` stands for "/" in tests.
int usable_cpus(const std::filesystem::path& root = "/");

// The size of a ThreadPool whose options say 0: usable CPUs + 4, at most 32 (they mostly wait).
int default_threads();

}  // namespace troika::workers
