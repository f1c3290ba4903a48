#pragma once

#include <troika/async/deadline.hpp>
#include <troika/async/detail/together.hpp>
#include <troika/async/settled.hpp>
#include <troika/async/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// One asynchronous function over many items, a bounded number of them at the same time.
//
//     std::vector<Page> pages = co_await map(urls, fetch, 10);
//     const MapOptions options{.limit = 10, .per_item_timeout = 5s};
//     std::vector<Settled<Page>> settled = co_await map_settled(urls, fetch, options);
//
// The range and the function are kept in the call, so a capturing lambda coroutine is safe here; the
// function may take an item by value or const reference, and a tuple as several arguments.
//
//   Order         Items are begun in order; results are in the order of the items.
//   Errors        map() throws the first failure as it was, after the items under way were
//                 cancelled (reason sibling_failed) and have ended; no further one is begun.
//                 map_settled() tries every item; a late one is a TimeoutError.
//   Cancellation  A cancel from outside cancels what is under way, waits for it, throws Cancelled.
namespace troika {

struct MapOptions {
    std::size_t limit = 0;                         // items under way at once; 0: all
    std::chrono::nanoseconds per_item_timeout{0};  // from the item's own begin; 0: none
};

namespace detail {

template <typename F, typename Item>
auto call_with(F& function, Item& item) {
    if constexpr (std::is_invocable_v<F&, Item>) {
        return function(std::move(item));
    } else if constexpr (std::is_invocable_v<F&, Item&>) {
        return function(item);
    } else {
        return std::apply(function, std::move(item));
    }
}

template <typename Range, typename F>
struct MapWork {
    using Item = std::ranges::range_value_t<Range>;
    using Result =
        typename decltype(call_with(std::declval<F&>(), std::declval<Item&>()))::value_type;

    MapWork(Range range, F function_in, Verdict::Rule rule)
        : items(to_vector(std::move(range))),
          function(std::move(function_in)),
          slots(items.size()),
          verdict(rule) {}

    static std::vector<Item> to_vector(Range range) {
        if constexpr (std::is_same_v<Range, std::vector<Item>>) {
            return range;
        } else {
            return std::vector<Item>(std::ranges::begin(range), std::ranges::end(range));
        }
    }

    std::vector<Item> items;
    F function;
    std::vector<Settled<Result>> slots;
    Verdict verdict;
    std::chrono::nanoseconds timeout{0};
    std::size_t next = 0;
};

template <typename Work>
Task<typename Work::Result> map_item(Work& work, std::size_t index) {
    auto task = call_with(work.function, work.items[index]);
    auto timed =
        work.timeout.count() > 0 ? with_timeout(work.timeout, std::move(task)) : std::move(task);
    if constexpr (std::is_void_v<typename Work::Result>) {
        co_await std::move(timed);
    } else {
        co_return co_await std::move(timed);
    }
}

template <typename Work>
Task<> map_items(Work& work, TaskGroup& group) {
    const Scope& scope = *current_scope();
    while (work.next < work.items.size() && !scope.cancelled()) {
        const std::size_t index = work.next++;
        auto task = map_item(work, index);
        auto settling = settle(task);
        work.slots[index] = co_await settling;
        if (!scope.cancelled()) work.verdict.settled(group, index, work.slots[index].error);
    }
}

template <typename Work>
Task<> map_all(Work& work, std::size_t limit) {
    const std::size_t count = work.items.size();
    TaskGroup group("map");
    for (std::size_t i = 0; i < (limit == 0 ? count : std::min(limit, count)); ++i)
        group.spawn(numbered("map", i), map_items(work, group), SpawnPlace());
    co_await group.join();
}

template <typename Range, typename F>
using MappedTo = typename MapWork<Range, F>::Result;

}  // namespace detail

// A vector of results; nothing where the function's tasks are void.
template <std::ranges::forward_range Range, typename F>
auto map(Range items, F function, std::size_t limit = 0)
    -> Task<detail::GatheredVector<detail::MappedTo<Range, F>>> {
    detail::MapWork<Range, F> work(std::move(items), std::move(function),
                                   detail::Verdict::Rule::first_failure_ends);
    co_await detail::map_all(work, limit);
    work.verdict.rethrow_first();
    if constexpr (!std::is_void_v<detail::MappedTo<Range, F>>)
        co_return detail::take_all(work.slots);
}

template <std::ranges::forward_range Range, typename F>
auto map_settled(Range items, F function, MapOptions options = {})
    -> Task<std::vector<Settled<detail::MappedTo<Range, F>>>> {
    detail::MapWork<Range, F> work(std::move(items), std::move(function),
                                   detail::Verdict::Rule::nothing_ends);
    work.timeout = options.per_item_timeout;
    co_await detail::map_all(work, options.limit);
    co_return std::move(work.slots);
}

}  // namespace troika
