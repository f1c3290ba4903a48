#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace troika {

namespace detail {
template <typename T>
struct Stored {
    using Type = T;
};
template <typename T>
struct Stored<T&> {
    using Type = std::reference_wrapper<T>;
};
template <>
struct Stored<void> {
    using Type = std::monostate;
};
}  // namespace detail

// What a Task<T> leaves behind, as something a container can hold: T itself, std::monostate for
// void, a std::reference_wrapper for a reference.
template <typename T>
using ValueOf = typename detail::Stored<T>::Type;

// How a task ended, as data: exactly one of the two is set.
template <typename T>
struct Settled final {
    using value_type = ValueOf<T>;

    std::optional<value_type> value;
    std::exception_ptr error;

    explicit operator bool() const noexcept { return value.has_value(); }

    // Moves the value out, or throws the error.
    value_type take() {
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }
};

}  // namespace troika
