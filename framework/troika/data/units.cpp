#include <troika/data/units.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <numeric>
#include <utility>

namespace troika::data {
namespace {

__extension__ using Wide = __int128;

struct Unit {
    std::string_view name;
    std::int64_t numerator, denominator;  // of a second, or of a byte
};

// Largest first: format_ticks takes the first that divides.
constexpr std::array kTimes{Unit{"d", 86400, 1},
                            Unit{"h", 3600, 1},
                            Unit{"m", 60, 1},
                            Unit{"s", 1, 1},
                            Unit{"ms", 1, 1000},
                            Unit{"us", 1, 1'000'000},
                            Unit{"ns", 1, 1'000'000'000}};
constexpr std::array kSizes{Unit{"TiB", 1LL << 40, 1}, Unit{"TB", 1'000'000'000'000, 1},
                            Unit{"GiB", 1LL << 30, 1}, Unit{"GB", 1'000'000'000, 1},
                            Unit{"MiB", 1LL << 20, 1}, Unit{"MB", 1'000'000, 1},
                            Unit{"KiB", 1LL << 10, 1}, Unit{"KB", 1000, 1},
                            Unit{"kB", 1000, 1},       Unit{"B", 1, 1}};

// digits / 10^places, as written.
struct Decimal {
    std::int64_t digits;
    int places;
};

std::optional<Decimal> take_decimal(std::string_view& text) {
    Decimal value{0, 0};
    bool any = false, point = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '.' && !point && any) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        if (value.places >= 18 || __builtin_mul_overflow(value.digits, 10, &value.digits) ||
            __builtin_add_overflow(value.digits, c - '0', &value.digits))
            return std::nullopt;
        value.places += point;
        any = true;
    }
    if (!any || (point && value.places == 0)) return std::nullopt;
    text.remove_prefix(i);
    return value;
}

// digits / 10^places * (a / b), if that is a whole number that fits.
std::optional<std::int64_t> exact(Decimal value, std::int64_t a, std::int64_t b) {
    Wide below = b;
    for (int i = 0; i < value.places; ++i) below *= 10;
    const Wide above = static_cast<Wide>(value.digits) * a;
    if (above % below != 0) return std::nullopt;
    const Wide result = above / below;
    if (result > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return static_cast<std::int64_t>(result);
}

}  // namespace

std::optional<std::int64_t> parse_ticks(std::string_view text, std::int64_t numerator,
                                        std::int64_t denominator) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto value = take_decimal(text);
    if (!value) return std::nullopt;
    for (const Unit& unit : kTimes) {
        if (unit.name != text) continue;
        const std::int64_t above = std::gcd(unit.numerator, numerator);
        const std::int64_t below = std::gcd(unit.denominator, denominator);
        const auto ticks = exact(*value, unit.numerator / above * (denominator / below),
                                 unit.denominator / below * (numerator / above));
        if (!ticks) return std::nullopt;
        return negative ? -*ticks : *ticks;
    }
    return std::nullopt;
}

std::string format_ticks(std::int64_t ticks, std::int64_t numerator, std::int64_t denominator) {
    if (ticks == 0) return "0s";
    for (const Unit& unit : kTimes) {
        const Wide above = static_cast<Wide>(ticks) * numerator * unit.denominator;
        const Wide below = static_cast<Wide>(denominator) * unit.numerator;
        if (above % below != 0) continue;
        const Wide count = above / below;
        if (count > std::numeric_limits<std::int64_t>::max() ||
            count < std::numeric_limits<std::int64_t>::min())
            break;
        return std::to_string(static_cast<std::int64_t>(count)) + std::string(unit.name);
    }
    return std::to_string(ticks) + "*" + std::to_string(numerator) + "/" +
           std::to_string(denominator) + "s";
}

std::optional<ByteSize> ByteSize::from_text(std::string_view text) {
    const auto value = take_decimal(text);
    if (!value) return std::nullopt;
    while (text.starts_with(' ')) text.remove_prefix(1);
    for (const Unit& unit : kSizes) {
        if (unit.name != text && !(text.empty() && unit.name == "B")) continue;
        const auto count = exact(*value, unit.numerator, 1);
        if (!count) return std::nullopt;
        return ByteSize(static_cast<std::size_t>(*count));
    }
    return std::nullopt;
}

std::string ByteSize::to_text() const {
    for (const Unit& unit : kSizes) {
        const auto size = static_cast<std::size_t>(unit.numerator);
        if (bytes != 0 && bytes % size == 0)
            return std::to_string(bytes / size) + std::string(unit.name);
    }
    return "0B";
}

}  // namespace troika::data
