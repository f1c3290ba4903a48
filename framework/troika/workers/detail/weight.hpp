#pragma once

#include <troika/workers/arguments.hpp>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstddef>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

namespace troika::workers::detail {

template <typename T>
std::size_t weight(const T& value) noexcept;

template <typename T>
std::size_t weight_of_members(const T& value) noexcept {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                             boost::describe::mod_inherited>;
    std::size_t total = 0;
    boost::mp11::mp_for_each<Members>([&](auto member) { total += weight(value.*member.pointer); });
    return total;
}

// About how many bytes encoding has to copy: of texts and numbers in sequences, however deep they sit.
// What is too small to count is left out.
template <typename T>
std::size_t weight(const T& value) noexcept {
    if constexpr (is_shared<T> || std::is_arithmetic_v<T> || std::is_enum_v<T>) {
        return 0;  // of an array only its descriptor travels
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return std::string_view(value).size();
    } else if constexpr (std::ranges::sized_range<const T>) {
        using Element = std::ranges::range_value_t<const T>;
        if constexpr (std::is_arithmetic_v<Element> || std::is_enum_v<Element> ||
                      std::is_same_v<Element, std::byte>) {
            return std::ranges::size(value) * sizeof(Element);
        } else {
            std::size_t total = std::ranges::size(value);
            for (const auto& element : value) total += weight(element);
            return total;
        }
    } else if constexpr (requires { value.has_value(), *value; }) {
        return value.has_value() ? weight(*value) : 0;
    } else if constexpr (requires { value.valueless_by_exception(); }) {
        return value.valueless_by_exception()
                   ? 0
                   : std::visit([](const auto& held) { return weight(held); }, value);
    } else if constexpr (requires { std::tuple_size<T>::value; }) {
        return std::apply([](const auto&... each) { return (weight(each) + ... + 0); }, value);
    } else if constexpr (boost::describe::has_describe_members<T>::value) {
        return weight_of_members(value);
    } else {
        return 0;
    }
}

}  // namespace troika::workers::detail
