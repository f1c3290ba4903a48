#pragma once

#include <troika/data/binary.hpp>
#include <troika/workers/payload.hpp>
#include <troika/workers/shared_array.hpp>

#include <cstddef>
#include <cstdint>
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

namespace detail {

// What stands in the bytes for an argument: itself, or for a SharedArray the place of its descriptor
// among those of the parcel, and its size.
template <typename T>
struct Wire {
    using Type = T;
    static const T& give(const T& value, Parcel&) { return value; }
    static const T& give(const T&&, Parcel&) = delete;
    static T&& take(T& value, const Parcel&) { return std::move(value); }
};
template <typename T>
struct Wire<SharedArray<T>> {
    using Type = std::pair<std::uint32_t, std::uint64_t>;
    static Type give(const SharedArray<T>& array, Parcel& parcel) {
        parcel.shared.push_back(array.file());
        return {static_cast<std::uint32_t>(parcel.shared.size() - 1), array.size()};
    }
    static SharedArray<T> take(const Type& value, const Parcel& parcel) {
        return SharedArray<T>(parcel.shared.at(value.first), value.second);
    }
};
template <typename T>
inline constexpr bool is_shared = !std::is_same_v<typename Wire<T>::Type, T>;

}  // namespace detail

// The same, ready to travel, shared arrays included.
template <typename... Stored, typename... Given>
Parcel pack_arguments(const Given&... given) {
    static_assert(sizeof...(Stored) == sizeof...(Given),
                  "one argument for each parameter of the job");
    static_assert((0 + ... + (detail::is_shared<Stored> ? 1 : 0)) <= Parcel::kMostShared,
                  "a job takes at most four shared arrays: put their numbers into one");
    Parcel parcel;
    parcel.head = Payload(data::encode<typename detail::Wire<Stored>::Type...>(
        detail::Wire<Stored>::give(static_cast<const Stored&>(given), parcel)...));
    return parcel;
}

// Decodes the arguments, calls, encodes what comes back.
template <typename R, typename... Args>
Parcel call_with_parcel(R (*function)(Args...), const Parcel& input) {
    auto values = data::decode_arguments<typename detail::Wire<std::remove_cvref_t<Args>>::Type...>(
        as_bytes(input.head.bytes()));
    const auto call = [&](auto&... value) -> R {
        return function(detail::Wire<std::remove_cvref_t<Args>>::take(value, input)...);
    };
    if constexpr (std::is_void_v<R>) {
        std::apply(call, values);
        return {};
    } else {
        return {Payload(data::encode<std::remove_cvref_t<R>>(std::apply(call, values))), Payload()};
    }
}

template <typename R>
R decode_result(const Parcel& output) {
    if constexpr (!std::is_void_v<R>) {
        return data::decode<R>(as_bytes(output.head.bytes()));
    }
}

}  // namespace troika::workers
