#pragma once

#include <troika/async/detail/flow_promise.hpp>
#include <troika/async/task.hpp>
#include <troika/base/check.hpp>

#include <coroutine>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika {

// An asynchronous generator: a coroutine that may co_await and gives values by co_yield.
//
//     Flow<Row> rows(Database& database) {
//         for (;;) {
//             std::vector<Row> page = co_await database.next_page();
//             if (page.empty()) co_return;
//             for (Row& row : page) co_yield std::move(row);
//         }
//     }
//     Flow<Row> first = rows(database).filter(is_open).take(10);
//     while (const std::optional<Row> row = co_await first.next()) print(*row);
//
// It runs only while somebody awaits next(), in the scope of whoever does: nothing is produced that
// nobody asked for, and a slow consumer slows the source. What it holds is released when it ends, or
// when it is destroyed before its end. No TaskGroup inside one can live across a co_yield, because
// the consumer may never come back; give it the group (as_completed() does so).
//
//   Lifetime      Owns its frame; outlives the next() under way.
//   Threads       Event-loop thread only; one next() at a time (checked).
//   Errors        next() rethrows what the coroutine threw; after that, as after the last value, it
//                 gives nothing.
//   Cancellation  Thrown inside the generator, at its co_await, and so ends it.
template <typename T>
class [[nodiscard("a Flow does nothing until next() is awaited")]] Flow final {
    static_assert(std::is_object_v<T>, "a Flow yields values: use a pointer for a reference");

  public:
    using promise_type = detail::FlowPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;
    using value_type = T;

    Flow() noexcept = default;  // empty
    Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Flow& operator=(Flow&& other) noexcept {
        if (this != &other) {
            destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Flow() { destroy(); }

    class [[nodiscard("co_await it")]] Next final {
      public:
        explicit Next(Handle handle) noexcept : handle_(handle) {}
        bool await_ready() const noexcept { return !handle_ || handle_.promise().finished(); }
        template <typename Promise>
        bool await_suspend(std::coroutine_handle<Promise> consumer) const {
            return handle_.promise().advance(handle_, consumer, consumer.promise().scope());
        }
        std::optional<T> await_resume() const {
            if (!handle_) return std::nullopt;
            return handle_.promise().take();
        }

      private:
        Handle handle_;
    };

    // co_await flow.next(): the next value; nothing at the end.
    Next next() noexcept { return Next(handle_); }

    // The function is called with each value in turn; it may be one that returns a Task.
    template <typename F>
    auto map(F function) && {
        using Result = decltype(function(std::declval<T>()));
        if constexpr (requires { typename Result::promise_type; }) {
            return detail::map_flow_async<typename Result::value_type>(std::move(*this),
                                                                       std::move(function));
        } else {
            return detail::map_flow<Result>(std::move(*this), std::move(function));
        }
    }
    // Those for which the predicate, called with a const reference, is true.
    template <typename F>
    Flow filter(F predicate) && {
        return detail::filter_flow(std::move(*this), std::move(predicate));
    }
    // The first `count`; the source is released with the last of them.
    Flow take(std::size_t count) && { return detail::take_flow(std::move(*this), count); }

    // Everything, in order.
    Task<std::vector<T>> collect() && { return detail::collect_flow(std::move(*this)); }

  private:
    friend promise_type;
    explicit Flow(Handle handle) noexcept : handle_(handle) {}
    void destroy() noexcept {
        if (!handle_) return;
        TROIKA_CHECK(handle_.promise().may_be_destroyed(), "a Flow was destroyed during next()");
        handle_.destroy();
    }

    Handle handle_;
};

namespace detail {

template <typename T>
Flow<T> FlowPromise<T>::get_return_object() noexcept {
    return Flow<T>(std::coroutine_handle<FlowPromise>::from_promise(*this));
}

template <typename R, typename T, typename F>
Flow<R> map_flow(Flow<T> source, F function) {
    while (std::optional<T> value = co_await source.next()) co_yield function(std::move(*value));
}

template <typename R, typename T, typename F>
Flow<R> map_flow_async(Flow<T> source, F function) {
    while (std::optional<T> value = co_await source.next()) {
        Task<R> task = function(std::move(*value));
        R result = co_await std::move(task);
        co_yield std::move(result);
    }
}

template <typename T, typename F>
Flow<T> filter_flow(Flow<T> source, F predicate) {
    while (std::optional<T> value = co_await source.next()) {
        if (predicate(std::as_const(*value))) co_yield std::move(*value);
    }
}

template <typename T>
Flow<T> take_flow(Flow<T> source, std::size_t count) {
    while (count > 0) {
        std::optional<T> value = co_await source.next();
        if (!value) co_return;
        if (--count == 0) source = Flow<T>();
        co_yield std::move(*value);
    }
}

template <typename T>
Task<std::vector<T>> collect_flow(Flow<T> source) {
    std::vector<T> values;
    while (std::optional<T> value = co_await source.next()) values.push_back(std::move(*value));
    co_return values;
}

}  // namespace detail
}  // namespace troika
