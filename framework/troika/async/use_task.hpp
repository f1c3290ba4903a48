#pragma once

#include <troika/async/suspension.hpp>
#include <troika/async/throw_if.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

// Awaiting Asio from a Task. This header includes Asio; it is for code that uses Asio itself.
//
//     std::size_t n = co_await socket.async_read_some(buffer, use_task);           // throws
//     IoError auto [ec, n]  = co_await socket.async_read_some(buffer, use_task_as_tuple);  // tells
//
// A cancel of the scope cancels the operation (terminal), waits for its handler and throws
// Cancelled, in both forms. An abort for any other reason is an ordinary error code.
namespace troika {

struct UseTask {};
struct UseTaskAsTuple {};
inline constexpr UseTask use_task{};
inline constexpr UseTaskAsTuple use_task_as_tuple{};

namespace detail {

// A foreign coroutine ends a cancel with system_error(operation_aborted).
[[noreturn]] void rethrow_from_asio(const std::exception_ptr& error, const Scope& scope);

template <bool AsTuple, typename Initiation, typename InitArgs, typename... Results>
class AsioAwaiter final : public Suspension {
  public:
    AsioAwaiter(Initiation initiation, InitArgs arguments)
        : initiation_(std::move(initiation)), arguments_(std::move(arguments)) {}
    // Only ever moved before it is awaited.
    AsioAwaiter(AsioAwaiter&& other) noexcept
        : initiation_(std::move(other.initiation_)), arguments_(std::move(other.arguments_)) {}

    auto await_resume() {
        finish();
        return give(std::move(*results_));
    }

  private:
    struct Handler {
        AsioAwaiter* self;
        using cancellation_slot_type = boost::asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept {
            return self->signal_.slot();
        }
        void operator()(Results... results) const {
            self->results_.emplace(std::move(results)...);
            self->resume_now();
        }
    };

    bool start() override {
        std::apply(
            [this](auto&... arguments) {
                std::move(initiation_)(Handler{this}, std::move(arguments)...);
            },
            arguments_);
        return true;
    }
    void on_cancel() noexcept override { signal_.emit(boost::asio::cancellation_type::terminal); }

    template <typename First, typename... Rest>
    auto give(std::tuple<First, Rest...> all) {
        if constexpr (std::is_same_v<First, boost::system::error_code>) {
            auto& code = std::get<0>(all);
            if (code == boost::system::errc::operation_canceled) scope().throw_if_cancelled();
            if constexpr (AsTuple) {
                return all;
            } else {
                throw_if(code, "asynchronous operation");
                return rest(std::move(all), std::index_sequence_for<Rest...>{});
            }
        } else if constexpr (std::is_same_v<First, std::exception_ptr> && !AsTuple) {
            if (std::get<0>(all)) rethrow_from_asio(std::get<0>(all), scope());
            return rest(std::move(all), std::index_sequence_for<Rest...>{});
        } else {
            return all;
        }
    }
    auto give(std::tuple<>) {}

    template <typename Tuple, std::size_t... I>
    static auto rest(Tuple all, std::index_sequence<I...>) {
        if constexpr (sizeof...(I) == 0) {
            return;
        } else if constexpr (sizeof...(I) == 1) {
            return std::get<1>(std::move(all));
        } else {
            return std::make_tuple(std::get<I + 1>(std::move(all))...);
        }
    }

    Initiation initiation_;
    InitArgs arguments_;
    boost::asio::cancellation_signal signal_;
    std::optional<std::tuple<Results...>> results_;
};

template <bool AsTuple, typename... Results, typename Initiation, typename... Arguments>
auto make_asio_awaiter(Initiation&& initiation, Arguments&&... arguments) {
    using InitArgs = std::tuple<std::decay_t<Arguments>...>;
    return AsioAwaiter<AsTuple, std::decay_t<Initiation>, InitArgs, std::decay_t<Results>...>(
        std::forward<Initiation>(initiation), InitArgs(std::forward<Arguments>(arguments)...));
}

}  // namespace detail
}  // namespace troika

namespace boost::asio {

template <typename... Results>
class async_result<troika::UseTask, void(Results...)> {
  public:
    template <typename Initiation, typename... Arguments>
    static auto initiate(Initiation&& initiation, troika::UseTask, Arguments&&... arguments) {
        return troika::detail::make_asio_awaiter<false, Results...>(
            std::forward<Initiation>(initiation), std::forward<Arguments>(arguments)...);
    }
};

template <typename... Results>
class async_result<troika::UseTaskAsTuple, void(Results...)> {
  public:
    template <typename Initiation, typename... Arguments>
    static auto initiate(Initiation&& initiation, troika::UseTaskAsTuple,
                         Arguments&&... arguments) {
        return troika::detail::make_asio_awaiter<true, Results...>(
            std::forward<Initiation>(initiation), std::forward<Arguments>(arguments)...);
    }
};

}  // namespace boost::asio
