#include <troika/async/detail/started_task.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/check.hpp>
#include <troika/observe/log.hpp>

#include <utility>

namespace troika {

namespace detail {

// A child is one self-destroying coroutine: its frame holds the scope, the name and the task. It
// first waits for its turn on the loop, so that spawn() never runs foreign code.
struct GroupChild {
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    GroupChild(TaskGroup& group_in, std::string name_in, TaskGroup::Id id_in)
        : group(group_in),
          name(std::move(name_in)),
          scope(group.scope_, name),
          id(id_in),
          next(group.first_) {
        if (next != nullptr) next->previous = this;
        group.first_ = this;
        ++group.size_;
        scope.mark_task(scope.loop().clock().coarse_now());
    }
    GroupChild(const GroupChild&) = delete;
    GroupChild& operator=(const GroupChild&) = delete;

    TaskGroup& group;
    std::string name;
    Scope scope;
    TaskGroup::Id id;
    GroupChild* next = nullptr;
    GroupChild* previous = nullptr;
};

namespace {

struct ChildCoroutine {
    struct promise_type {
        static void* operator new(std::size_t size) { return allocate_frame(size); }
        static void operator delete(void* memory, std::size_t size) noexcept {
            free_frame(memory, size);
        }
        ChildCoroutine get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
        Scope* scope() const noexcept { return scope_; }
        Scope* scope_ = nullptr;
    };
    std::coroutine_handle<promise_type> handle;
};

// Takes the child's own scope as the promise's, then gives everybody else their turn first.
class FirstTurn final : public Suspension {
  public:
    explicit FirstTurn(Scope& scope) noexcept : Suspension(Mode::must_finish), scope_(scope) {}
    bool await_suspend(std::coroutine_handle<ChildCoroutine::promise_type> handle) {
        handle.promise().scope_ = &scope_;
        return Suspension::await_suspend(handle);
    }
    void await_resume() const noexcept {}

  private:
    bool start() override {
        resume_soon();
        return true;
    }
    void on_cancel() noexcept override {}
    Scope& scope_;
};

}  // namespace

class GroupJoin final : public Suspension {
  public:
    explicit GroupJoin(TaskGroup& group) noexcept : Suspension(Mode::must_finish), group_(group) {}
    void await_resume() const noexcept {}
    void last_child_ended() noexcept { resume_soon(); }

  private:
    bool start() override {
        if (scope().cancelled()) group_.cancel(scope().reason());
        if (group_.size_ == 0) return false;
        TROIKA_CHECK(group_.joining_ == nullptr, "a task group is joined by two tasks at once");
        group_.joining_ = this;
        return true;
    }
    void on_cancel() noexcept override { group_.cancel(scope().reason()); }
    TaskGroup& group_;
};

namespace {

ChildCoroutine run_child(TaskGroup& group, std::string name, TaskGroup::Id id, Task<> task,
                         void (*ended)(TaskGroup&, GroupChild&, std::exception_ptr)) {
    GroupChild child(group, std::move(name), id);
    std::exception_ptr error;
    FirstTurn first_turn(child.scope);
    co_await first_turn;
    try {
        co_await std::move(task);
    } catch (const Cancelled&) {
        if (!child.scope.cancelled()) error = std::current_exception();
    } catch (...) {  // boundary: a task group carries whatever its children throw
        error = std::current_exception();
    }
    {
        const Task<> destroyed = std::move(task);  // NOLINT(bugprone-use-after-move): only awaited
    }  // before the group is told
    ended(group, child, std::move(error));
}

}  // namespace

}  // namespace detail

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (const Cancelled& cancelled) {
        return "cancelled: " + std::string(to_string(cancelled.reason));
    } catch (...) {  // boundary: text of whatever it is
        return "an exception that is no std::exception";
    }
}

bool is_cancelled(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const Cancelled&) {
        return true;
    } catch (...) {  // boundary: asks what it is, throws nothing away
        return false;
    }
}

const std::exception* standard_exception(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& exception) {
        return &exception;  // not a copy: every rethrow throws the one object
    } catch (...) {         // boundary: asks what it is, throws nothing away
        return nullptr;
    }
}

namespace {
std::string list(const std::vector<std::exception_ptr>& errors) {
    std::string text =
        std::to_string(errors.size()) + (errors.size() == 1 ? " task failed: " : " tasks failed: ");
    for (std::size_t i = 0; i < errors.size(); ++i)
        text += (i == 0 ? "" : "; ") + describe(errors[i]);
    return text;
}
}  // namespace

GroupError::GroupError(std::vector<std::exception_ptr> errors)
    : Error(list(errors)), errors_(std::move(errors)) {}

namespace {
Scope& scope_here() {
    TROIKA_CHECK(current_scope() != nullptr,
                 "a TaskGroup without a parent scope is made inside a coroutine");
    return *current_scope();
}
}  // namespace

TaskGroup::TaskGroup(std::string_view name, TaskGroupOptions options)
    : TaskGroup(scope_here(), name, options) {}

TaskGroup::TaskGroup(Scope& parent, std::string_view name, TaskGroupOptions options)
    : scope_(parent, name), options_(options) {}

TaskGroup::~TaskGroup() {
    TROIKA_CHECK(size_ == 0, "a task group was left without join(); use with_task_group()");
    collect_unseen();
    if (errors_.empty()) return;
    const GroupError lost(std::move(errors_));
    log::error("a task group was left without join(): nobody is told of its failures",
               {{"group", scope_.name()}, {"failures", lost.what()}});
}

void TaskGroup::collect_unseen() {
    while (!unseen_.empty()) {
        const auto task = unseen_.front();
        errors_.push_back(task->error());
        task->seen();
    }
}

TaskGroup::Id TaskGroup::spawn(std::string name, Task<> task, SpawnPlace where) {
    const Id id = ++next_id_;
    detail::run_child(*this, std::move(name), id, std::move(task),
                      [](TaskGroup& group, detail::GroupChild& child, std::exception_ptr error) {
                          group.child_ended(child, std::move(error));
                      })
        .handle.resume();
    first_->scope.set_spawned_at(where);  // up to its first turn, so it is there
    return id;
}

void TaskGroup::child_ended(detail::GroupChild& child, std::exception_ptr error) noexcept {
    (child.previous != nullptr ? child.previous->next : first_) = child.next;
    if (child.next != nullptr) child.next->previous = child.previous;
    --size_;
    if (error) fail(std::move(error));
    if (size_ == 0 && joining_ != nullptr) std::exchange(joining_, nullptr)->last_child_ended();
}

void TaskGroup::fail(std::exception_ptr error) {
    errors_.push_back(std::move(error));
    if (options_.on_failure == TaskGroupOptions::OnFailure::cancel_siblings)
        scope_.cancel(CancelReason::sibling_failed);
}

void TaskGroup::cancel(Id child, CancelReason reason) noexcept {
    for (detail::GroupChild* at = first_; at != nullptr; at = at->next)
        if (at->id == child) return at->scope.cancel(reason);
}

Task<> TaskGroup::join() {
    detail::GroupJoin wait(*this);
    co_await wait;
    collect_unseen();
    if (!errors_.empty()) throw GroupError(std::exchange(errors_, {}));
    current_scope()->throw_if_cancelled();
}

}  // namespace troika
