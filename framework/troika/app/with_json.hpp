#pragma once

#include <troika/app/detail/logged_request.hpp>
#include <troika/async/task.hpp>
#include <troika/http/message/json_body.hpp>
#include <troika/http/message/request.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/to_thread.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace troika {

namespace detail {

template <typename>
inline constexpr bool is_task = false;
template <typename T>
inline constexpr bool is_task<Task<T>> = true;

// By value: a reference could only be into what is gone when it is looked at.
template <typename T, typename Use>
using used_json_t = std::remove_cvref_t<std::invoke_result_t<Use&, T>>;

// `request` has a type of its own so that nlohmann::json may still be incomplete here.
template <typename T, typename Use, std::same_as<Request> R>
used_json_t<T, Use> parse_and_use(const R& request, Use& use) {
    if constexpr (std::is_same_v<T, nlohmann::json>) {
        return use(request.json());
    } else {
        return use(request.template json<T>());
    }
}

}  // namespace detail

// For coroutine handlers whose clients may send much JSON: `use` with the parsed body, as
// nlohmann::json (include <nlohmann/json.hpp>) or as the described struct T, and gives what it
// returns, by value; nothing in that may look into the parsed body, which is gone then.
//
//     co_return co_await with_json<Order>(request, [](const Order& order) { return receipt(order); });
//
//   Threads       A body of up to 256 KB is parsed and used on the loop. A larger one is parsed, used and
//                 destroyed on a thread of the default pool, since each of these takes the loop's time;
//                 so `use` touches nothing that belongs to the loop, and may block.
//   Errors        What Request::json() throws (400, 415, 422), what `use` throws; Overloaded where no
//                 thread is free in time: the loop does not step in.
//   Cancellation  As to_thread: awaited while it runs, then Cancelled.
template <typename T = nlohmann::json, typename Use>
    requires std::is_invocable_v<Use&, T>
Task<detail::used_json_t<T, Use>> with_json(const Request& request, Use use) {
    static_assert(
        !detail::is_task<detail::used_json_t<T, Use>>,
        "with_json(request, use): `use` is a plain function; a coroutine would run when the "
        "parsed body is gone. Return what it needs and co_await it after with_json");
    if (!workers::detail::is_heavy(request.body().size()))
        co_return detail::parse_and_use<T>(request, use);
    request.id();  // made on the loop, where others may ask for it meanwhile
    const auto parse = [&request, &use] {
        const detail::LoggedRequest logged(request);
        return detail::parse_and_use<T>(request, use);
    };
    auto parsed = workers::to_thread(parse);
    co_return co_await std::move(parsed);
}

}  // namespace troika
