#pragma once

#include <troika/data/value.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

// Data on its way to another process of the same image: a CBOR sequence (RFC 8742), one item per
// argument, definite lengths only. Strings, byte buffers and number vectors are one copy each way;
// text is not checked for UTF-8, so a std::string may hold any bytes.
//
//   Errors        decode: DecodeError for truncated, oversized, trailing or mistyped input, never
//                 undefined behaviour. A length is compared with what is there before it is
//                 believed, so memory in use stays a multiple of the input. encode: EncodeError
//                 beyond kMaxDepth.
//   Compile time  a type that cannot travel is refused by a static_assert that says what can.
namespace troika::data {

using Bytes = std::vector<std::byte>;

namespace detail {
void write_binary(Bytes& out, const void* value, void (*write)(Writer&, const void*));
void read_binary(std::span<const std::byte> bytes, void* value, void (*read)(Reader&, void*));
}  // namespace detail

// Appends; what is already in `out` (a frame header) stays.
template <typename... Args>
void encode_to(Bytes& out, const Args&... args) {
    const std::tuple<const Args&...> all(args...);
    (detail::require_encodable<Args>(), ...);
    detail::write_binary(out, &all, [](Writer& writer, const void* value) {
        std::apply([&](const auto&... arg) { (write_value(writer, arg), ...); },
                   *static_cast<const std::tuple<const Args&...>*>(value));
    });
}

template <typename... Args>
Bytes encode(const Args&... args) {
    Bytes out;
    encode_to(out, args...);
    return out;
}

// All of `bytes`, as exactly these types; nothing may be left over.
template <typename... Args>
std::tuple<Args...> decode_arguments(std::span<const std::byte> bytes) {
    (detail::require_encodable<Args>(), ...);
    std::tuple<Args...> all;
    detail::read_binary(bytes, &all, [](Reader& reader, void* value) {
        std::apply([&](auto&... arg) { (read_value(reader, arg), ...); },
                   *static_cast<std::tuple<Args...>*>(value));
    });
    return all;
}

// One type gives the value, several give a tuple.
template <typename First, typename... More>
auto decode(std::span<const std::byte> bytes) {
    if constexpr (sizeof...(More) == 0)
        return std::get<0>(decode_arguments<First>(bytes));
    else
        return decode_arguments<First, More...>(bytes);
}

}  // namespace troika::data
