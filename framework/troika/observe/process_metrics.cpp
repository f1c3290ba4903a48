#include <troika/observe/metrics.hpp>
#include <troika/observe/process_metrics.hpp>

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace troika {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// proc(5), /proc/<pid>/stat; fields count from 1. The second one, the name, may hold spaces and
// brackets.
double stat_field(int wanted) {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return kUnknown;
    std::istringstream rest(line.substr(name_end + 2));
    std::string word;
    for (int field = 3; field <= wanted; ++field) rest >> word;
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    return end == word.c_str() ? kUnknown : value;
}

double cpu_seconds() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) != 0) return kUnknown;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double open_fds() {
    DIR* folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return kUnknown;
    int count = -3;  // ".", ".." and the folder itself
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
}

double max_fds() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
    return limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                           : static_cast<double>(limit.rlim_cur);
}

// starttime counts from boot, so it is taken from how long the machine has been up, now.
double start_time() {
    timespec up{}, now{};
    if (::clock_gettime(CLOCK_BOOTTIME, &up) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0)
        return kUnknown;
    const auto seconds = [](const timespec& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return seconds(now) - seconds(up) + stat_field(22) / ticks;
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
    const auto gauge = [&](const char* name, const char* help, double (*value)()) {
        metrics.watch(MetricKind::gauge, name, help, {}, value);
    };
    metrics.watch(MetricKind::counter, "process_cpu_seconds_total",
                  "User and system time of this process, without its children.", {}, cpu_seconds);
    gauge("process_resident_memory_bytes", "Resident memory.",
          [] { return stat_field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)); });
    gauge("process_open_fds", "Open file descriptors.", open_fds);
    gauge("process_max_fds", "Limit of open file descriptors.", max_fds);
    gauge("process_start_time_seconds", "Start of this process, in seconds since 1970.",
          start_time);
    gauge("process_threads", "Threads of this process.", [] { return stat_field(20); });
}

}  // namespace troika
