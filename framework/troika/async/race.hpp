#pragma once

#include <troika/async/detail/together.hpp>
#include <troika/async/settled.hpp>
#include <troika/async/task.hpp>
#include <troika/base/error.hpp>

#include <cstddef>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// Several tasks at the same time, one of which is enough: the first that does not fail wins.
//
//     Winner<Reply> first = co_await race(std::move(asks));     // first.index tells which
//     auto either = co_await race(from_cache(), from_store());  // std::variant, index() tells which
//
//   Errors        A failure leaves the others in the race; when all have failed, GroupError carries
//                 every failure. What the losers throw once they were cancelled is dropped.
//   Cancellation  The losers are cancelled (reason asked) and have ended before race() returns. A
//                 cancel from outside cancels all, waits for them, then throws Cancelled.
namespace troika {

template <typename T>
struct Winner {
    std::size_t index;
    ValueOf<T> value;
};

template <typename T>
Task<Winner<T>> race(std::vector<Task<T>> tasks) {
    if (tasks.empty()) throw Error("race() of no tasks: nobody could win");
    std::vector<Settled<T>> slots;
    detail::Verdict verdict(detail::Verdict::Rule::first_success_ends);
    co_await detail::run_together("race", tasks, slots, verdict);
    const std::size_t index = verdict.winner_or_throw();
    Winner<T> winner{index, std::move(*slots[index].value)};
    co_return winner;
}

namespace detail {

template <std::size_t I, typename... Ts>
std::variant<ValueOf<Ts>...> take_winner(std::tuple<Settled<Ts>...>& slots, std::size_t winner) {
    using Result = std::variant<ValueOf<Ts>...>;
    if constexpr (I + 1 < sizeof...(Ts)) {
        if (winner != I) return take_winner<I + 1>(slots, winner);
    }
    return Result(std::in_place_index<I>, std::move(*std::get<I>(slots).value));
}

}  // namespace detail

template <typename... Ts>
    requires(sizeof...(Ts) > 0)
Task<std::variant<ValueOf<Ts>...>> race(Task<Ts>... tasks) {
    std::tuple<Task<Ts>...> all(std::move(tasks)...);
    std::tuple<Settled<Ts>...> slots;
    detail::Verdict verdict(detail::Verdict::Rule::first_success_ends);
    co_await detail::run_together("race", all, slots, verdict);
    const std::size_t index = verdict.winner_or_throw();
    co_return detail::take_winner<0>(slots, index);
}

}  // namespace troika
