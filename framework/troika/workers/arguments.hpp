#pragma once

#include <troika/data/binary.hpp>
#include <troika/workers/payload.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// How typed calls become bytes at the process border (data/binary.hpp says which types may travel).
namespace troika::workers {

inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// What a given argument is stored as where no signature says it: text literals become strings.
template <typename T>
using stored_t = std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string,
                                    std::remove_cvref_t<T>>;

// The arguments as exactly these types, converted where they are others.
template <typename... Stored, typename... Given>
data::Bytes encode_arguments(const Given&... given) {
    static_assert(sizeof...(Stored) == sizeof...(Given),
                  "one argument for each parameter of the job");
    return data::encode<Stored...>(static_cast<const Stored&>(given)...);
}

// Decodes the arguments, calls, encodes what comes back.
template <typename R, typename... Args>
Parcel call_with_parcel(R (*function)(Args...), const Parcel& input) {
    auto values =
        data::decode_arguments<std::remove_cvref_t<Args>...>(as_bytes(input.head.bytes()));
    if constexpr (std::is_void_v<R>) {
        std::apply(function, std::move(values));
        return {};
    } else {
        return {
            Payload(data::encode<std::remove_cvref_t<R>>(std::apply(function, std::move(values)))),
            Payload()};
    }
}

template <typename R>
R decode_result(const Parcel& output) {
    if constexpr (!std::is_void_v<R>) {
        return data::decode<R>(as_bytes(output.head.bytes()));
    }
}

}  // namespace troika::workers
