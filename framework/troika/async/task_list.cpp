#include <troika/async/event_loop.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/task_list.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <typeinfo>

// A task is a marked scope. Below it are the stretches of its own chain (a route, a with_timeout)
// and the scopes of its groups, which are not marked; below a group's scope are the next tasks.

namespace troika {

namespace {

// "troika::Channel<int>::Receive" becomes "Channel::Receive".
std::string short_type_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> whole(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
    if (status != 0) return type.name();
    std::string name;
    int depth = 0;
    for (const char* at = whole.get(); *at != '\0'; ++at) {
        if (*at == '<') ++depth;
        if (depth == 0) name += *at;
        if (*at == '>') --depth;
    }
    for (const std::string_view prefix : {"troika::", "detail::"})
        if (name.starts_with(prefix)) name.erase(0, prefix.size());
    return name;
}

}  // namespace

namespace detail {

class TaskLister {
  public:
    explicit TaskLister(const EventLoop& loop) : now_(loop.now()) {}

    void visit_children(const Scope& scope, const Scope& task) {
        std::vector<const Scope*> children;  // the list has the newest first
        for (const Scope* child = scope.first_child_; child != nullptr;
             child = child->next_sibling_)
            children.push_back(child);
        for (auto child = children.rbegin(); child != children.rend(); ++child) {
            const bool is_task = (*child)->is_task();
            if (is_task) describe(**child, task);
            visit_children(**child, is_task ? **child : task);
        }
    }
    std::vector<TaskInfo> take() { return std::move(tasks_); }

  private:
    void describe(const Scope& scope, const Scope& parent) {
        TaskInfo info;
        info.name = scope.name();
        info.group = scope.parent()->name();
        info.parent = parent.name();
        info.spawned_at = scope.spawned_at().text();
        info.age = std::max(now_ - scope.task_began(), Clock::Duration{});
        if (const Scope* const place = waiting_place(scope)) {
            if (place->name() != scope.name()) info.doing = place->name();
            info.waits_for = short_type_name(typeid(*place->waiting_));
            info.state = TaskInfo::State::waiting;
        }
        if (scope.cancelled()) info.state = TaskInfo::State::cancelling;
        tasks_.push_back(std::move(info));
    }

    // Where the one chain of the task waits: in its scope or one of its own stretches.
    static const Scope* waiting_place(const Scope& scope) {
        if (scope.waiting_ != nullptr) return &scope;
        for (const Scope* child = scope.first_child_; child != nullptr;
             child = child->next_sibling_) {
            if (child->is_task()) continue;
            if (const Scope* const place = waiting_place(*child)) return place;
        }
        return nullptr;
    }

    Clock::TimePoint now_;
    std::vector<TaskInfo> tasks_;
};

}  // namespace detail

std::vector<TaskInfo> live_tasks(EventLoop& loop) {
    detail::TaskLister lister(loop);
    lister.visit_children(loop.root(), loop.root());
    return lister.take();
}

std::string_view to_string(TaskInfo::State state) noexcept {
    switch (state) {
        case TaskInfo::State::ready: return "ready";
        case TaskInfo::State::waiting: return "waiting";
        case TaskInfo::State::cancelling: return "cancelling";
    }
    return "unknown";
}

}  // namespace troika
