#pragma once

#include <troika/data/reader.hpp>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// Which types are data. A struct becomes one with a line beside it:
//
//   struct Document { std::string id; std::size_t size = 0; std::optional<std::string> title; };
//   BOOST_DESCRIBE_STRUCT(Document, (), (id, size, title))
//
//   form              JSON                           binary (workers' border)
//   bool, integers    literal, range-checked         CBOR
//   float, double     number; NaN is an EncodeError  CBOR, NaN travels
//   std::string       text, must be UTF-8            CBOR text, any bytes, one copy
//   std::byte vector  base64 text                    CBOR byte string, one copy
//   number vectors    array                          CBOR byte string of the memory, one copy
//   std::optional     null, or no member             null, or no member
//   vector, array, pair, tuple                       array, lengths checked
//   map<string, T>    object                         map
//   described enum    its name                       its name
//   described struct  object, bases' members first   map
//   durations         "250ms", "2m"                  the same text
//   from_text types   text: a type with from_text(), to_text(), kTextForm (ByteSize, paths)
//   nlohmann::json    itself
namespace troika::data {

// Character types are no numbers here and no text either: say std::uint8_t or std::string.
template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <typename T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <typename T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

// A type that is written as one word of text; kTextForm finishes the sentence "expected ...".
template <typename T>
concept TextForm = requires(const T& value, std::string_view text) {
    { T::from_text(text) } -> std::same_as<std::optional<T>>;
    { value.to_text() } -> std::convertible_to<std::string>;
    { T::kTextForm } -> std::convertible_to<std::string_view>;
};

// std::filesystem::path, without including it.
template <typename T>
concept PathLike = std::constructible_from<T, std::string> && requires(const T& path) {
    { path.native() } -> std::same_as<const std::string&>;
    path.root_directory();
};

namespace detail {

template <typename T>
inline constexpr bool is_duration = false;
template <std::integral Rep, typename Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

// What a type is made of: encodable if every part is.
template <typename T>
struct Parts {
    using type = void;
};
template <typename T>
struct Parts<std::optional<T>> {
    using type = std::tuple<T>;
};
template <typename T, typename A>
struct Parts<std::vector<T, A>> {
    using type = std::tuple<T>;
};
template <typename T, std::size_t N>
struct Parts<std::array<T, N>> {
    using type = std::tuple<T>;
};
template <typename T, typename C, typename A>
struct Parts<std::map<std::string, T, C, A>> {
    using type = std::tuple<T>;
};
template <typename A, typename B>
struct Parts<std::pair<A, B>> {
    using type = std::tuple<A, B>;
};
template <typename... T>
struct Parts<std::tuple<T...>> {
    using type = std::tuple<T...>;
};

template <typename T>
constexpr bool encodable() {
    if constexpr (!std::same_as<T, std::remove_cvref_t<T>> || std::is_pointer_v<T>) {
        return false;
    } else if constexpr (std::same_as<T, bool> || Integer<T> || std::floating_point<T> ||
                         std::same_as<T, std::string> || std::same_as<T, std::byte> ||
                         std::same_as<T, nlohmann::json> || is_duration<T> || DescribedEnum<T>) {
        return !std::same_as<T, long double>;
    } else if constexpr (!std::same_as<typename Parts<T>::type, void>) {
        return []<typename... P>(std::type_identity<std::tuple<P...>>) {
            return (encodable<P>() && ...);
        }(std::type_identity<typename Parts<T>::type>{});
    } else if constexpr (std::is_class_v<T>) {
        return Described<T> || TextForm<T> || PathLike<T>;  // members: checked one by one on use
    } else {
        return false;
    }
}

// One member of a described struct.
struct Field {
    std::string_view name;
    bool may_be_absent;
    bool (*absent)(const void* object);
    void (*read)(Reader& reader, void* object);
    void (*write)(Writer& writer, const void* object);
};

// The loops over members are compiled once, in described.cpp.
void read_fields(Reader& reader, std::span<const Field> fields, void* object);
void write_fields(Writer& writer, std::span<const Field> fields, const void* object);
[[noreturn]] void fail_enumerator(Reader& reader, std::span<const std::string_view> names);
[[noreturn]] void fail_enumerator(Reader& reader, std::span<const std::string_view> names,
                                  std::string_view found);
[[noreturn]] void fail_text(Reader& reader, std::string_view expected, std::string_view found);

template <typename T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

}  // namespace detail

// A type that may travel: owns its contents and can be rebuilt elsewhere. Pointers, references,
// views, spans and lambdas are none.
template <typename T>
concept Encodable = detail::encodable<T>();

}  // namespace troika::data
