#include <troika/workers/usable_cpus.hpp>

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace troika::workers {
namespace {

namespace fs = std::filesystem;

int allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

double ratio(std::istream& quota_and_period) {
    double quota = 0;
    double period = 0;
    if (!(quota_and_period >> quota >> period) || quota <= 0 || period <= 0) {
        return std::numeric_limits<double>::infinity();  // "max", -1, or no such file
    }
    return quota / period;
}

// cgroup v2, "max 100000" or "200000 100000".
double v2_quota(const fs::path& directory) {
    std::ifstream file(directory / "cpu.max");
    return ratio(file);
}

double v1_quota(const fs::path& directory) {
    std::ifstream quota(directory / "cpu.cfs_quota_us");
    std::ifstream period(directory / "cpu.cfs_period_us");
    std::stringstream both;
    both << quota.rdbuf() << ' ' << period.rdbuf();
    return ratio(both);
}

// The smallest limit from the process's own group up to the mount's top.
template <typename Read>
double smallest(const fs::path& mount, fs::path group, Read read) {
    double limit = read(mount);
    for (group = group.relative_path(); !group.empty(); group = group.parent_path()) {
        limit = std::min(limit, read(mount / group));
    }
    return limit;
}

double cgroup_limit(const fs::path& root) {
    const fs::path mounts = root / "sys/fs/cgroup";
    double limit = std::numeric_limits<double>::infinity();
    std::ifstream groups(root / "proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {  // "0::/a" or "3:cpu,cpuacct:/a"
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        std::string controllers(1, ',');
        controllers.append(line, first + 1, second - first - 1).push_back(',');
        const fs::path group = line.substr(second + 1);
        if (controllers == ",,") limit = std::min(limit, smallest(mounts, group, v2_quota));
        if (controllers.find(",cpu,") != std::string::npos) {
            limit = std::min(limit, smallest(mounts / "cpu", group, v1_quota));
        }
    }
    return limit;
}

}  // namespace

int usable_cpus(const fs::path& root) {
    const int allowed = std::max(1, allowed_cpus());
    const double limit = std::ceil(cgroup_limit(root));
    return limit < allowed ? std::max(1, static_cast<int>(limit)) : allowed;
}

int default_threads() {
    constexpr int kMost = 32;
    return std::min(usable_cpus() + 4, kMost);
}

}  // namespace troika::workers
