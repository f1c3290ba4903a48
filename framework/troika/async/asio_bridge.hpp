#pragma once

#include <troika/async/run_in.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/use_task.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

// Composing with libraries written for asio::awaitable. This header includes Asio.
namespace troika {

// Runs a foreign awaitable on this loop and hands back what it returns or throws. A cancel of the
// scope cancels it.
template <typename T>
Task<T> from_asio(boost::asio::awaitable<T> foreign) {
    boost::asio::io_context& io = current_scope()->loop().io();
    auto spawned = boost::asio::co_spawn(io, std::move(foreign), use_task);
    if constexpr (std::is_void_v<T>) {
        co_await spawned;
    } else {
        T result = co_await spawned;
        co_return result;
    }
}

namespace detail {

// One task below `parent`, its outcome given to an Asio handler through `complete`.
template <typename T, typename Complete>
Task<> run_for_asio(Task<T> task, Complete complete) {
    std::exception_ptr error;
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
        } else {
            value.emplace(co_await std::move(task));
        }
    } catch (const Cancelled&) {
        error = std::make_exception_ptr(
            boost::system::system_error(boost::asio::error::operation_aborted));
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    complete(std::move(error), std::move(value));
}

}  // namespace detail

// The other way: an awaitable that runs `task` as a child of `group` (which must outlive it).
// Asio's terminal cancellation cancels the task with reason asked; a Cancelled task ends in
// system_error operation_aborted, as Asio code expects.
template <typename T>
boost::asio::awaitable<T> to_asio(TaskGroup& group, Task<T> task) {
    using boost::asio::use_awaitable;
    constexpr bool is_void = std::is_void_v<T>;
    auto initiate = [&group](auto handler, Task<T> run) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto id = std::make_shared<TaskGroup::Id>(0);
        if (slot.is_connected())
            slot.assign([&group, id](boost::asio::cancellation_type) {
                group.cancel(*id, CancelReason::asked);
            });
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto complete = [shared](std::exception_ptr error, auto value) {
            auto executor = boost::asio::get_associated_executor(*shared);
            boost::asio::post(executor, [shared, error, value = std::move(value)]() mutable {
                if constexpr (is_void) {
                    std::move (*shared)(error);
                } else {
                    std::move (*shared)(error, value ? std::move(*value) : T());
                }
            });
        };
        *id = group.spawn("asio", detail::run_for_asio(std::move(run), std::move(complete)));
    };
    if constexpr (is_void) {
        co_await boost::asio::async_initiate<decltype(use_awaitable), void(std::exception_ptr)>(
            initiate, use_awaitable, std::move(task));
    } else {
        co_return co_await boost::asio::async_initiate<decltype(use_awaitable),
                                                       void(std::exception_ptr, T)>(
            initiate, use_awaitable, std::move(task));
    }
}

}  // namespace troika
