#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

// What /proc tells about processes.
namespace troika::testing {

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent = 0;
    pid_t session = 0;
    char state = '?';     // R, S, T, Z, ...
    long user_ticks = 0;  // processor time in its own code, in units of sysconf(_SC_CLK_TCK)
    std::string name;     // at most 15 characters

    bool zombie() const noexcept { return state == 'Z'; }
};

// Nothing when there is none; a zombie still is one.
std::optional<ProcessInfo> process_info(pid_t pid);
bool gone_or_zombie(pid_t pid);
std::vector<ProcessInfo> all_processes();
// Zombies included. A session is what workers cannot leave: they only make groups of their own.
std::vector<ProcessInfo> processes_in_session(pid_t session);
std::vector<ProcessInfo> children_of(pid_t parent);

int thread_count(pid_t pid);
// The names of its threads, sorted, the first one's is the program's.
std::vector<std::string> thread_names(pid_t pid);
// Bytes of memory it has in use (VmRSS).
std::size_t resident_memory(pid_t pid);
int descriptor_count(pid_t pid);
// What its descriptors refer to, as "3 socket:[1234]", sorted.
std::vector<std::string> descriptors_of(pid_t pid);

}  // namespace troika::testing
