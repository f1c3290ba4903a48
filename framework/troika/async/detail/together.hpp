#pragma once

#include <troika/async/detail/settle.hpp>
#include <troika/async/task_group.hpp>

#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// What gather, gather_settled and race share: every task is a child of one group that is joined
// before the call returns, each with a slot for its outcome; a Verdict decides what an outcome means
// for the others.
namespace troika::detail {

class Verdict {
  public:
    enum class Rule : unsigned char {
        first_failure_ends,  // gather
        nothing_ends,        // gather_settled
        first_success_ends   // race
    };
    static constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

    explicit Verdict(Rule rule) noexcept : rule_(rule) {}

    void settled(TaskGroup& group, std::size_t index, const std::exception_ptr& error);

    // gather: throws the first failure.
    void rethrow_first() const {
        if (!errors_.empty()) std::rethrow_exception(errors_.front());
    }
    // race: who was first, else every failure as a GroupError.
    std::size_t winner_or_throw();

  private:
    Rule rule_;
    bool decided_ = false;
    std::size_t winner_ = kNobody;
    std::vector<std::exception_ptr> errors_;
};

template <typename T>
using GatheredVector = std::conditional_t<std::is_void_v<T>, void, std::vector<ValueOf<T>>>;

template <typename T>
std::vector<ValueOf<T>> take_all(std::vector<Settled<T>>& slots) {
    std::vector<ValueOf<T>> values;
    values.reserve(slots.size());
    for (auto& slot : slots) values.push_back(std::move(*slot.value));
    return values;
}

// "gather[3]"
std::string numbered(std::string_view name, std::size_t index);

template <typename T>
Task<> settle_into(Task<T> task, Settled<T>& slot, std::size_t index, TaskGroup& group,
                   Verdict& verdict) {
    auto settling = settle(task);
    slot = co_await settling;
    verdict.settled(group, index, slot.error);
}

template <typename T>
Task<> run_together(std::string_view name, std::vector<Task<T>>& tasks,
                    std::vector<Settled<T>>& slots, Verdict& verdict) {
    slots.resize(tasks.size());
    TaskGroup group(name);
    for (std::size_t i = 0; i < tasks.size(); ++i)
        group.spawn(numbered(name, i),
                    settle_into(std::move(tasks[i]), slots[i], i, group, verdict), SpawnPlace());
    co_await group.join();
}

template <typename... Ts>
void spawn_each(TaskGroup& group, std::tuple<Task<Ts>...>& tasks, std::tuple<Settled<Ts>...>& slots,
                Verdict& verdict) {
    const auto spawn_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
        (group.spawn(
             numbered(group.scope().name(), I),
             settle_into(std::move(std::get<I>(tasks)), std::get<I>(slots), I, group, verdict),
             SpawnPlace()),
         ...);
    };
    spawn_all(std::index_sequence_for<Ts...>{});
}

template <typename... Ts>
Task<> run_together(std::string_view name, std::tuple<Task<Ts>...>& tasks,
                    std::tuple<Settled<Ts>...>& slots, Verdict& verdict) {
    TaskGroup group(name);
    spawn_each(group, tasks, slots, verdict);
    co_await group.join();
}

}  // namespace troika::detail
