#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troika::data {

// A duration as text: a number, perhaps with a fraction, and a unit: ns, us, ms, s, m, h or d
// ("250ms", "1.5s", "2m"). Returned in ticks of numerator/denominator seconds; nothing if it is not
// that, is finer than a tick, or does not fit. A bare number is refused: its unit would be a guess.
std::optional<std::int64_t> parse_ticks(std::string_view text, std::int64_t numerator,
                                        std::int64_t denominator);

// The shortest exact text: the largest unit that needs no fraction.
std::string format_ticks(std::int64_t ticks, std::int64_t numerator, std::int64_t denominator);

// A number of bytes that is written with its unit: "64MB" (10^6), "1MiB" (2^20), "512" (bytes).
struct ByteSize {
    static constexpr std::string_view kTextForm = "a size such as 64MB, 1MiB or 512 (bytes)";

    std::size_t bytes = 0;

    constexpr ByteSize() = default;
    constexpr ByteSize(std::size_t count) : bytes(count) {}
    constexpr operator std::size_t() const noexcept { return bytes; }

    static std::optional<ByteSize> from_text(std::string_view text);
    std::string to_text() const;
};

}  // namespace troika::data
