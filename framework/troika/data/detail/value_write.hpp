#pragma once

#include <troika/data/value.hpp>

namespace troika::data {
namespace detail {

template <typename T>
void write_sequence(Writer& writer, const T& value) {
    using Element = typename T::value_type;
    if constexpr (std::same_as<Element, std::byte>) {
        writer.bytes(std::span<const std::byte>(value));
        return;
    } else if constexpr (packed<Element>) {
        if (writer.packs_numbers()) {
            writer.bytes(std::as_bytes(std::span<const Element>(value)));
            return;
        }
    }
    writer.begin_array(value.size());
    if constexpr (std::same_as<Element, bool>) {
        for (const bool element : value) writer.boolean(element);
    } else if constexpr (!std::same_as<Element, std::byte>) {
        for (const auto& element : value) write_value(writer, element);
    }
    writer.end_array();
}

template <typename E>
void write_enum(Writer& writer, E value) {
    const auto& [names, values] = kEnumerators<E>;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == value) return writer.text(names[i]);
    }
    throw EncodeError("an enumeration holds a value that has no name: " +
                      std::to_string(static_cast<long long>(value)));
}

}  // namespace detail

template <typename T>
void write_value(Writer& writer, const T& value) {
    detail::require_encodable<T>();
    if constexpr (!Encodable<T>) {
        // the assertion above has spoken
    } else if constexpr (std::same_as<T, bool>) {
        writer.boolean(value);
    } else if constexpr (std::signed_integral<T>) {
        writer.integer(value);
    } else if constexpr (std::unsigned_integral<T>) {
        writer.natural(value);
    } else if constexpr (std::same_as<T, std::byte>) {
        writer.natural(std::to_integer<std::uint8_t>(value));
    } else if constexpr (std::floating_point<T>) {
        writer.number(static_cast<double>(value));
    } else if constexpr (std::same_as<T, std::string>) {
        writer.text(value);
    } else if constexpr (std::same_as<T, nlohmann::json>) {
        writer.value(value);
    } else if constexpr (detail::is_duration<T>) {
        using Period = typename T::period;
        writer.text(format_ticks(value.count(), Period::num, Period::den));
    } else if constexpr (DescribedEnum<T>) {
        detail::write_enum(writer, value);
    } else if constexpr (detail::is_optional<T>) {
        if (value)
            write_value(writer, *value);
        else
            writer.null();
    } else if constexpr (detail::Sequence<T> || detail::is_array<T>) {
        detail::write_sequence(writer, value);
    } else if constexpr (TextForm<T>) {
        writer.text(value.to_text());
    } else if constexpr (PathLike<T>) {
        writer.text(value.native());
    } else if constexpr (Described<T>) {
        detail::write_fields(writer, detail::kFields<T>, &value);
    } else if constexpr (detail::StringMap<T>) {
        writer.begin_object(value.size());
        for (const auto& [name, member] : value) {
            writer.key(name);
            write_value(writer, member);
        }
        writer.end_object();
    } else if constexpr (detail::TupleLike<T>) {
        writer.begin_array(std::tuple_size_v<T>);
        std::apply([&](const auto&... part) { (write_value(writer, part), ...); }, value);
        writer.end_array();
    }
}

}  // namespace troika::data
