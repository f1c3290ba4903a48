#pragma once

#include <troika/base/huge_pages.hpp>
#include <troika/data/value.hpp>

namespace troika::data {
namespace detail {

inline constexpr std::string_view kDurationForm = "a duration such as 250ms, 30s or 2m";

// Packed numbers: the memory of a fork of this image.
template <typename Element>
std::span<const std::byte> packed_bytes(Reader& reader) {
    const std::span<const std::byte> bytes = reader.view_bytes();
    if (bytes.size() % sizeof(Element) != 0)
        reader.fail("a multiple of " + std::to_string(sizeof(Element)) + " bytes",
                    std::to_string(bytes.size()));
    return bytes;
}

template <typename T>
void read_sequence(Reader& reader, T& value) {
    using Element = typename T::value_type;
    if constexpr (std::same_as<Element, std::byte>) {
        value = reader.bytes();
        return;
    } else if constexpr (packed<Element>) {
        if (reader.kind() == Kind::bytes) {
            const auto bytes = packed_bytes<Element>(reader);
            reserve_if_large(value, bytes.size() / sizeof(Element));
            value.resize(bytes.size() / sizeof(Element));
            if (!bytes.empty()) std::memcpy(value.data(), bytes.data(), bytes.size());
            return;
        }
    }
    if (reader.kind() != Kind::array) reader.fail("an array");
    value.clear();
    reader.enter_array();
    while (reader.next_element()) {
        if constexpr (std::same_as<Element, bool>)
            value.push_back(reader.boolean());
        else
            read_value(reader, value.emplace_back());
    }
}

template <typename Element, std::size_t N>
void read_array(Reader& reader, std::array<Element, N>& value) {
    std::vector<Element> elements;
    read_sequence(reader, elements);
    if (elements.size() != N)
        reader.fail("an array of " + std::to_string(N), std::to_string(elements.size()));
    std::move(elements.begin(), elements.end(), value.begin());
}

template <typename T>
void read_map(Reader& reader, T& value) {
    if (reader.kind() != Kind::object) reader.fail("an object");
    value.clear();
    reader.enter_object();
    for (std::string_view name; reader.next_member(name);) {
        const auto [at, fresh] = value.try_emplace(std::string(name));
        if (!fresh) reader.fail("each member once", "it a second time");
        read_value(reader, at->second);
    }
}

template <typename T>
void read_tuple(Reader& reader, T& value) {
    constexpr std::size_t kSize = std::tuple_size_v<T>;
    const std::string expected = "an array of " + std::to_string(kSize);
    if (reader.kind() != Kind::array) reader.fail(expected);
    reader.enter_array();
    const auto read_part = [&](auto& part) {
        if (!reader.next_element()) reader.fail(expected, "fewer");
        read_value(reader, part);
    };
    std::apply([&](auto&... part) { (read_part(part), ...); }, value);
    if (reader.next_element()) reader.fail(expected, "more");
}

template <typename E>
void read_enum(Reader& reader, E& value) {
    const auto& [names, values] = kEnumerators<E>;
    if (reader.kind() != Kind::text) fail_enumerator(reader, names);
    const std::string_view found = reader.text();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] != found) continue;
        value = values[i];
        return;
    }
    fail_enumerator(reader, names, found);
}

template <typename T>
void read_text_form(Reader& reader, T& value) {
    if (reader.kind() != Kind::text) reader.fail(std::string(T::kTextForm));
    const std::string_view found = reader.text();
    auto parsed = T::from_text(found);
    if (!parsed) fail_text(reader, T::kTextForm, found);
    value = std::move(*parsed);
}

template <typename T>
void read_duration(Reader& reader, T& value) {
    using Period = typename T::period;
    if (reader.kind() != Kind::text) reader.fail(std::string(kDurationForm));
    const std::string_view found = reader.text();
    const auto ticks = parse_ticks(found, Period::num, Period::den);
    if (!ticks || !std::in_range<typename T::rep>(*ticks)) fail_text(reader, kDurationForm, found);
    value = T(static_cast<typename T::rep>(*ticks));
}

}  // namespace detail

template <typename T>
void read_value(Reader& reader, T& value) {
    detail::require_encodable<T>();
    if constexpr (!Encodable<T> || !std::default_initializable<T>) {
        // the assertion above has spoken
    } else if constexpr (std::same_as<T, bool>) {
        value = reader.boolean();
    } else if constexpr (std::signed_integral<T>) {
        using Limits = std::numeric_limits<T>;
        value = static_cast<T>(reader.integer(Limits::min(), Limits::max()));
    } else if constexpr (std::unsigned_integral<T>) {
        value = static_cast<T>(reader.natural(std::numeric_limits<T>::max()));
    } else if constexpr (std::same_as<T, std::byte>) {
        value = static_cast<std::byte>(reader.natural(255));
    } else if constexpr (std::floating_point<T>) {
        const double found = reader.real();
        if (std::isfinite(found) && std::abs(found) > std::numeric_limits<T>::max())
            reader.fail("a number that fits", "a larger one");
        value = static_cast<T>(found);
    } else if constexpr (std::same_as<T, std::string>) {
        if (reader.kind() != Kind::text) reader.fail("text");
        const std::string_view found = reader.text();
        reserve_if_large(value, found.size());
        value = found;
    } else if constexpr (std::same_as<T, nlohmann::json>) {
        reader.value(value);
    } else if constexpr (detail::is_duration<T>) {
        detail::read_duration(reader, value);
    } else if constexpr (DescribedEnum<T>) {
        detail::read_enum(reader, value);
    } else if constexpr (detail::is_optional<T>) {
        if (reader.kind() == Kind::null) {
            reader.null();
            value.reset();
        } else {
            read_value(reader, value.emplace());
        }
    } else if constexpr (detail::Sequence<T>) {
        detail::read_sequence(reader, value);
    } else if constexpr (detail::is_array<T>) {
        detail::read_array(reader, value);
    } else if constexpr (TextForm<T>) {
        detail::read_text_form(reader, value);
    } else if constexpr (PathLike<T>) {
        if (reader.kind() != Kind::text) reader.fail("a path");
        value = std::string(reader.text());
    } else if constexpr (Described<T>) {
        detail::read_fields(reader, detail::kFields<T>, &value);
    } else if constexpr (detail::StringMap<T>) {
        detail::read_map(reader, value);
    } else if constexpr (detail::TupleLike<T>) {
        detail::read_tuple(reader, value);
    }
}

}  // namespace troika::data
