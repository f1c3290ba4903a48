#pragma once

#include <troika/data/described.hpp>
#include <troika/data/units.hpp>

#include <cmath>
#include <cstring>
#include <limits>

// Reading and writing one value of any Encodable type. Users call json.hpp or binary.hpp.
namespace troika::data {

// Replaces `value`. After a DecodeError it is valid and partly replaced.
template <typename T>
void read_value(Reader& reader, T& value);

template <typename T>
void write_value(Writer& writer, const T& value);

namespace detail {

template <typename T>
inline constexpr bool packed = (Integer<T> || std::floating_point<T>) && sizeof(T) <= 8;

template <typename T>
constexpr bool is_array = false;
template <typename T, std::size_t N>
constexpr bool is_array<std::array<T, N>> = true;

template <typename T>
concept Sequence = requires(T& value) { value.emplace_back(); };
template <typename T>
concept StringMap = requires { typename T::mapped_type; };
template <typename T>
concept TupleLike = requires { std::tuple_size<T>::value; };

template <typename T>
constexpr auto make_fields() {
    return []<typename... D>(boost::mp11::mp_list<D...>) {
        return std::array<Field, sizeof...(D)>{Field{
            D::name, is_optional<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>>,
            [](const void* object) {
                using M = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
                if constexpr (is_optional<M>)
                    return !(static_cast<const T*>(object)->*D::pointer).has_value();
                else
                    return false;
            },
            [](Reader& reader, void* object) {
                read_value(reader, static_cast<T*>(object)->*D::pointer);
            },
            [](Writer& writer, const void* object) {
                write_value(writer, static_cast<const T*>(object)->*D::pointer);
            }}...};
    }(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});
}

template <DescribedEnum E>
constexpr auto make_enumerators() {
    return []<typename... D>(boost::mp11::mp_list<D...>) {
        return std::pair(std::array<std::string_view, sizeof...(D)>{D::name...},
                         std::array<E, sizeof...(D)>{D::value...});
    }(boost::mp11::mp_rename<boost::describe::describe_enumerators<E>, boost::mp11::mp_list>{});
}

template <typename T>
inline constexpr auto kFields = make_fields<T>();
template <typename E>
inline constexpr auto kEnumerators = make_enumerators<E>();

template <typename T>
constexpr void require_encodable() {
    static_assert(Encodable<T>,
                  "troika: this type cannot travel as data. Use bool, numbers, std::string, "
                  "std::vector, std::array, std::optional, std::map<std::string, T>, pair, tuple, "
                  "durations, nlohmann::json, or a struct or enum with BOOST_DESCRIBE_STRUCT / "
                  "BOOST_DESCRIBE_ENUM; pointers, references, views, spans and lambdas refer to "
                  "memory the other side does not have.");
    static_assert(!Encodable<T> || std::default_initializable<T>,
                  "troika: a type that travels as data is rebuilt member by member, so it needs a "
                  "default constructor.");
}

}  // namespace detail
}  // namespace troika::data

#include <troika/data/detail/value_read.hpp>
#include <troika/data/detail/value_write.hpp>
