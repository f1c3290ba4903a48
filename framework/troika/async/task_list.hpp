#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace troika {

class EventLoop;

// A spawned task, as it is now. For people: a debug route, a log line, a debugger.
struct TaskInfo {
    enum class State : unsigned char {
        ready,      // runs, or will in its turn
        waiting,    // for what `waits_for` names
        cancelling  // was cancelled and has not ended yet
    };
    std::string name;
    std::string group;   // the task group it belongs to
    std::string parent;  // the task whose group that is; "loop" at the top
    std::string doing;   // the innermost stretch it is in, such as a route; empty: itself
    // Where it was spawned, "services/archive/documents.cpp:42". Empty in release builds, and for main and
    // the children of gather, race, map and as_completed, whose parent tells.
    std::string spawned_at;
    std::string waits_for;  // what it awaits, as a type: Sleep, Semaphore::Acquire; empty: nothing
    State state = State::ready;
    std::chrono::nanoseconds age{};  // 10 ms exact
};

// Every live task of the loop, each before those it spawned. Costs nothing until it is called; on
// the loop thread.
std::vector<TaskInfo> live_tasks(EventLoop& loop);

std::string_view to_string(TaskInfo::State state) noexcept;

}  // namespace troika
