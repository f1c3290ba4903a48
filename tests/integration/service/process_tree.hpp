#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

// What /proc tells about processes.
namespace troika::testing {

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent = 0;
    pid_t session = 0;
    char state = '?';  // R, S, Z, ...
    std::string name;  // at most 15 characters

    bool zombie() const noexcept { return state == 'Z'; }
};

std::vector<ProcessInfo> all_processes();
// Zombies included. A session is what workers cannot leave: they only make groups of their own.
std::vector<ProcessInfo> processes_in_session(pid_t session);
std::vector<ProcessInfo> children_of(pid_t parent);

int thread_count(pid_t pid);
int descriptor_count(pid_t pid);

}  // namespace troika::testing
