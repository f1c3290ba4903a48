#pragma once

#include <troika/http/handler.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace troika {

namespace detail {

template <typename F>
concept CoroutineHandler = std::is_invocable_r_v<Task<Response>, F&, Request&>;
template <typename F>
concept PlainHandler = std::is_invocable_r_v<Response, F&, Request&>;
template <typename>
inline constexpr bool kNever = false;

template <typename Pointer, typename Member>
auto bind_member(Pointer object, Member member) {
    return [object, member](Request& request) { return ((*object).*member)(request); };
}

}  // namespace detail

// A handler and the place where it runs. Made by the three words below, and only by them: where a
// handler runs is written down, never guessed.
//
//   on_loop     a coroutine, or a plain function that never blocks: beside thousands of others
//   on_thread   a plain function that may block (SQLite, files, a blocking client library)
//   on_process  a plain function that computes: in a worker process, which may crash or be killed
//               without harm to anything but its own request
//
// Each takes a function, or an object of the application and one of its members:
// `on_thread(documents, &Documents::show)`. The object is one that App::make() gave, or a shared_ptr.
class Placed final {
  public:
    using OnLoop = http::Handler;
    using OnThread = std::function<Response(Request&)>;
    using OnProcess = Response (*)(const Request&);

    explicit Placed(OnLoop handler) : handler_(std::move(handler)) {}
    explicit Placed(OnThread handler) : handler_(std::move(handler)) {}
    explicit Placed(OnProcess handler) : handler_(handler) {}

    // A coroutine can only run on the loop, so it may be given without its word; nothing else may.
    template <typename F>
        requires(!std::same_as<std::remove_cvref_t<F>, Placed>)
    Placed(F handler) : handler_(OnLoop()) {  // NOLINT(google-explicit-constructor)
        static_assert(detail::CoroutineHandler<F>,
                      "say where this handler runs: on_loop(handler) if it never blocks, "
                      "on_thread(handler) if it may block, on_process(handler) if it computes");
        if constexpr (detail::CoroutineHandler<F>) handler_ = OnLoop(std::move(handler));
    }

    const std::variant<OnLoop, OnThread, OnProcess>& handler() const noexcept { return handler_; }

  private:
    std::variant<OnLoop, OnThread, OnProcess> handler_;
};

template <typename F>
Placed on_loop(F handler) {
    if constexpr (detail::CoroutineHandler<F>) {
        return Placed(Placed::OnLoop(std::move(handler)));
    } else if constexpr (detail::PlainHandler<F>) {
        return Placed(
            Placed::OnLoop([plain = std::move(handler)](Request& request) -> Task<Response> {
                co_return plain(request);
            }));
    } else {
        static_assert(detail::kNever<F>,
                      "on_loop(handler): the handler takes a Request& and gives a Response, or a "
                      "Task<Response> when it is a coroutine");
        return Placed(Placed::OnLoop());
    }
}

template <typename F>
Placed on_thread(F handler) {
    if constexpr (detail::CoroutineHandler<F>) {
        static_assert(
            detail::kNever<F>,
            "on_thread(handler): a coroutine runs on the loop. Write on_loop(handler), and "
            "co_await to_thread(...) inside it for what blocks");
    } else if constexpr (detail::PlainHandler<F>) {
        return Placed(Placed::OnThread(std::move(handler)));
    } else {
        static_assert(detail::kNever<F>,
                      "on_thread(handler): the handler takes a Request& and gives a Response");
        return Placed(Placed::OnThread());
    }
}

template <typename F>
Placed on_process(F handler) {
    if constexpr (std::is_convertible_v<F, Placed::OnProcess>) {
        return Placed(static_cast<Placed::OnProcess>(handler));
    } else {
        static_assert(
            detail::kNever<F>,
            "on_process(handler): the handler is Response f(const Request&) without captures "
            "or an object, because it runs in another process. It has three sources of data: "
            "the request; constants made by app.preload<T>() and read with preloaded<T>(); and "
            "what the pool's worker_start hook opened, read with worker_state<T>()");
    }
}

template <typename T, typename Member>
    requires std::is_member_function_pointer_v<Member>
Placed on_loop(T& object, Member member) {
    return on_loop(detail::bind_member(&object, member));
}
template <typename T, typename Member>
    requires std::is_member_function_pointer_v<Member>
Placed on_loop(std::shared_ptr<T> object, Member member) {
    return on_loop(detail::bind_member(std::move(object), member));
}
template <typename T, typename Member>
    requires std::is_member_function_pointer_v<Member>
Placed on_thread(T& object, Member member) {
    return on_thread(detail::bind_member(&object, member));
}
template <typename T, typename Member>
    requires std::is_member_function_pointer_v<Member>
Placed on_thread(std::shared_ptr<T> object, Member member) {
    return on_thread(detail::bind_member(std::move(object), member));
}
template <typename T, typename Member>
    requires std::is_member_function_pointer_v<Member>
Placed on_process(T&, Member) {
    static_assert(detail::kNever<T>,
                  "on_process(object, member): an object of the server does not exist in a worker "
                  "process. Use the request, preloaded<T>() or worker_state<T>()");
    return Placed(Placed::OnProcess(nullptr));
}

}  // namespace troika
