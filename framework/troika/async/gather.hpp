#pragma once

#include <troika/async/detail/together.hpp>
#include <troika/async/settled.hpp>
#include <troika/async/task.hpp>

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// Several tasks at the same time, all of them awaited.
//
//     auto [user, orders] = co_await gather(load_user(id), load_orders(id));
//     std::vector<Page> pages = co_await gather(std::move(downloads));
//
//   Order         Results are in the order of the arguments, whoever finished first.
//   Errors        gather() throws the first failure as it was, after the others were cancelled
//                 (reason sibling_failed) and have ended; what those threw then is dropped.
//                 gather_settled() lets every task end and tells of each.
//   Cancellation  A cancel from outside cancels all, waits for them, then throws Cancelled.
namespace troika {

namespace detail {

template <typename... Ts>
struct GatheredFrom {
    using Type = std::tuple<ValueOf<Ts>...>;
};
template <typename... Ts>
    requires(std::is_void_v<Ts> && ...)
struct GatheredFrom<Ts...> {
    using Type = void;
};
template <typename... Ts>
std::tuple<ValueOf<Ts>...> take_all(std::tuple<Settled<Ts>...>& slots) {
    return std::apply(
        [](auto&... slot) { return std::tuple<ValueOf<Ts>...>(std::move(*slot.value)...); }, slots);
}

}  // namespace detail

// A tuple; void tasks give std::monostate, and nothing but void tasks gives void.
template <typename... Ts>
    requires(sizeof...(Ts) > 0)
Task<typename detail::GatheredFrom<Ts...>::Type> gather(Task<Ts>... tasks) {
    std::tuple<Task<Ts>...> all(std::move(tasks)...);
    std::tuple<Settled<Ts>...> slots;
    detail::Verdict verdict(detail::Verdict::Rule::first_failure_ends);
    co_await detail::run_together("gather", all, slots, verdict);
    verdict.rethrow_first();
    if constexpr (!(std::is_void_v<Ts> && ...)) co_return detail::take_all(slots);
}

template <typename T>
Task<detail::GatheredVector<T>> gather(std::vector<Task<T>> tasks) {
    std::vector<Settled<T>> slots;
    detail::Verdict verdict(detail::Verdict::Rule::first_failure_ends);
    co_await detail::run_together("gather", tasks, slots, verdict);
    verdict.rethrow_first();
    if constexpr (!std::is_void_v<T>) co_return detail::take_all(slots);
}

template <typename... Ts>
    requires(sizeof...(Ts) > 0)
Task<std::tuple<Settled<Ts>...>> gather_settled(Task<Ts>... tasks) {
    std::tuple<Task<Ts>...> all(std::move(tasks)...);
    std::tuple<Settled<Ts>...> slots;
    detail::Verdict verdict(detail::Verdict::Rule::nothing_ends);
    co_await detail::run_together("gather", all, slots, verdict);
    co_return slots;
}

template <typename T>
Task<std::vector<Settled<T>>> gather_settled(std::vector<Task<T>> tasks) {
    std::vector<Settled<T>> slots;
    detail::Verdict verdict(detail::Verdict::Rule::nothing_ends);
    co_await detail::run_together("gather", tasks, slots, verdict);
    co_return slots;
}

}  // namespace troika
