#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/task.hpp>
#include <troika/async/task_group.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika::workers {

struct MapOptions {
    std::size_t limit = 0;                         // items under way at once; 0: no limit
    std::chrono::nanoseconds per_item_timeout{0};  // 0: none
};

// How one item of map_settled() ended: exactly one of the two is set. void results are `true`.
template <typename T>
struct Settled {
    std::optional<T> value;
    std::exception_ptr error;
    explicit operator bool() const noexcept { return value.has_value(); }
};

namespace detail {

// Runs one item of a map on a pool. A tuple is unpacked into the function's arguments, like starmap.
template <typename Pool, typename F, typename Item>
auto run_mapped(Pool& pool, const F& function, const Item& item) {
    if constexpr (requires { pool.run(function, item); }) {
        return pool.run(function, item);
    } else {
        return std::apply([&](const auto&... parts) { return pool.run(function, parts...); }, item);
    }
}

}  // namespace detail

// map() and map_settled() for a pool that has run(function, arguments...).
//
//   Order         Results are in the order of the items.
//   Cancellation  Cancels what is under way by the pool's rules, then throws Cancelled.
template <typename Pool>
class PoolMap {
    template <typename F, typename Item>
    using Result = typename decltype(detail::run_mapped(
        std::declval<Pool&>(), std::declval<const F&>(), std::declval<const Item&>()))::value_type;
    template <typename T>
    using Value = std::conditional_t<std::is_void_v<T>, bool, T>;

  public:
    // The first failure cancels the items under way and is thrown.
    template <typename Item, typename F>
    auto map(std::vector<Item> items, F function, std::size_t limit = 0)
        -> Task<std::vector<Value<Result<F, Item>>>> {
        using T = Value<Result<F, Item>>;
        auto work = std::make_unique<Work<Item, F, T>>(std::move(items), std::move(function));
        work->settle = false;
        co_await run_all(*work, limit);
        if (work->first_error) std::rethrow_exception(work->first_error);
        std::vector<T> values;
        values.reserve(work->results.size());
        for (auto& result : work->results) values.push_back(std::move(*result.value));
        co_return values;
    }

    // Every item is tried; each tells how it ended.
    template <typename Item, typename F>
    auto map_settled(std::vector<Item> items, F function, MapOptions options = {})
        -> Task<std::vector<Settled<Value<Result<F, Item>>>>> {
        using T = Value<Result<F, Item>>;
        auto work = std::make_unique<Work<Item, F, T>>(std::move(items), std::move(function));
        work->timeout = options.per_item_timeout;
        co_await run_all(*work, options.limit);
        co_return std::move(work->results);
    }

  private:
    template <typename Item, typename F, typename T>
    struct Work {
        Work(std::vector<Item> items_in, F function_in)
            : items(std::move(items_in)), function(std::move(function_in)), results(items.size()) {}
        std::vector<Item> items;
        F function;
        std::vector<Settled<T>> results;
        std::size_t next = 0;
        std::chrono::nanoseconds timeout{0};
        std::exception_ptr first_error;
        TaskGroup* group = nullptr;
        bool settle = true;
    };

    template <typename W>
    Task<> run_all(W& work, std::size_t limit) {
        const std::size_t count = work.items.size();
        TaskGroup group("map");
        work.group = &group;
        for (std::size_t i = 0; i < (limit == 0 ? count : std::min(limit, count)); ++i) {
            group.spawn("map", run_items(work));
        }
        co_await group.join();
    }

    template <typename W>
    Task<> run_items(W& work) {
        while (work.next < work.items.size() && !work.first_error) {
            const std::size_t index = work.next++;
            try {
                co_await run_item(work, index);
            } catch (const std::exception&) {
                work.results[index].error = std::current_exception();
            }
            if (work.settle || !work.results[index].error || work.first_error) continue;
            work.first_error = work.results[index].error;
            work.group->cancel(CancelReason::sibling_failed);
        }
    }

    template <typename W>
    Task<> run_item(W& work, std::size_t index) {
        auto& pool = static_cast<Pool&>(*this);
        auto task = detail::run_mapped(pool, work.function, work.items[index]);
        auto& value = work.results[index].value;
        if (work.timeout.count() > 0) {
            auto timed = with_timeout(work.timeout, std::move(task));
            co_await store(timed, value);
        } else {
            co_await store(task, value);
        }
    }

    template <typename T, typename V>
    static Task<> store(Task<T>& task, std::optional<V>& value) {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            value.emplace(true);
        } else {
            T result = co_await std::move(task);
            value.emplace(std::move(result));
        }
    }
};

}  // namespace troika::workers
