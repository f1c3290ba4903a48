#include <troika/base/utf8.hpp>
#include <troika/data/detail/json_scanner.hpp>

#include <array>
#include <cfloat>
#include <charconv>

namespace troika::data::detail {
namespace {

bool is_digit(const char* at, const char* end) { return at != end && *at >= '0' && *at <= '9'; }

// A decimal number as written: mantissa * 10^exponent, `whole` without point and exponent.
struct Decimal {
    std::uint64_t mantissa = 0;
    int digits = 0;  // beyond 19 the mantissa has wrapped
    int exponent = 0;
    bool negative = false;
    bool whole = true;
};

constexpr int kSafeDigits = 19;
constexpr int kFarExponent = 100'000;

const char* read_digits(const char* at, const char* end, Decimal& decimal) {
    for (; is_digit(at, end); ++at) {
        decimal.mantissa = decimal.mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
        if (decimal.digits <= kSafeDigits) ++decimal.digits;
    }
    return at;
}

const char* read_exponent(const char* at, const char* end, Decimal& decimal) {
    const bool negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    if (!is_digit(at, end)) return nullptr;
    int exponent = 0;
    for (; is_digit(at, end); ++at)
        if (exponent < kFarExponent) exponent = exponent * 10 + (*at - '0');
    decimal.exponent += negative ? -exponent : exponent;
    return at;
}

// RFC 8259 section 6; where it ends, or null.
const char* read_decimal(const char* at, const char* end, Decimal& decimal) {
    decimal.negative = *at == '-';
    if (decimal.negative) ++at;
    if (!is_digit(at, end)) return nullptr;
    if (*at == '0') {
        ++at;
    } else {
        at = read_digits(at, end, decimal);
    }
    if (at != end && *at == '.') {
        decimal.whole = false;
        const char* const point = ++at;
        if (!is_digit(at, end)) return nullptr;
        at = read_digits(at, end, decimal);
        if (at - point > kFarExponent) return nullptr;
        decimal.exponent = static_cast<int>(point - at);
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        decimal.whole = false;
        at = read_exponent(at + 1, end, decimal);
    }
    return at;
}

// Powers of ten that are doubles without rounding, so that one operation on two of these rounds once.
constexpr std::array<double, 23> kPowers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static_assert(FLT_EVAL_METHOD == 0, "doubles must be computed as doubles");

bool to_double(const Decimal& decimal, const char* begin, const char* end, double& out) {
    constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
    constexpr int kMost = static_cast<int>(kPowers.size()) - 1;
    if (decimal.digits <= kSafeDigits && decimal.mantissa <= kExact && decimal.exponent >= -kMost &&
        decimal.exponent <= kMost) {
        const double mantissa = static_cast<double>(decimal.mantissa);
        const double size = decimal.exponent < 0
                                ? mantissa / kPowers[static_cast<std::size_t>(-decimal.exponent)]
                                : mantissa * kPowers[static_cast<std::size_t>(decimal.exponent)];
        out = decimal.negative ? -size : size;
        return true;
    }
    return std::from_chars(begin, end, out).ec == std::errc();
}

bool to_integer(const Decimal& decimal, const char* begin, const char* end, Number& out) {
    constexpr std::uint64_t kLowest = std::uint64_t{1} << 63;
    if (!decimal.whole) return false;
    if (decimal.digits > kSafeDigits) {
        std::uint64_t value = 0;
        if (decimal.negative || std::from_chars(begin, end, value).ec != std::errc()) return false;
        out = value;
        return true;
    }
    if (!decimal.negative) {
        out = decimal.mantissa;
        return true;
    }
    if (decimal.mantissa > kLowest) return false;
    out = static_cast<std::int64_t>(0 - decimal.mantissa);
    return true;
}

void append_code_point(std::string& out, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    const auto put_tail = [&](int shift) { put(0x80 | ((point >> shift) & 0x3f)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | (point >> 6));
        put_tail(0);
    } else if (point < 0x10000) {
        put(0xe0 | (point >> 12));
        put_tail(6);
        put_tail(0);
    } else {
        put(0xf0 | (point >> 18));
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
}

}  // namespace

bool JsonScanner::number(Number& out) {
    Decimal decimal;
    const char* const begin = at_;
    const char* const end = read_decimal(begin, end_, decimal);
    if (end == nullptr) return false;
    at_ = end;
    if (to_integer(decimal, begin, end, out)) return true;
    double value = 0;
    if (!to_double(decimal, begin, end, value)) return false;
    out = value;
    return true;
}

// From the first character that is not plain, or one of the last eight of the text.
bool JsonScanner::rest_of_string(const char* begin, std::string_view& out, std::string& room) {
    bool copied = false;
    while (at_ != end_) {
        const char c = *at_;
        if (c == '"') {
            if (copied) room.append(begin, at_);
            out = copied ? std::string_view(room) : std::string_view(begin, at_);
            ++at_;
            return true;
        }
        if (c == '\\') {
            if (!copied) room.clear();
            copied = true;
            room.append(begin, at_);
            if (!escape(room)) return false;
            begin = at_;
            continue;
        }
        if (static_cast<unsigned char>(c) < 0x20) return false;
        const std::size_t length = utf8_sequence({at_, end_});
        if (length == 0) return false;
        at_ += length;
        while (end_ - at_ >= 8) {
            const std::uint64_t specials = special_bytes(load_word(at_));
            at_ += specials == 0 ? 8 : first_special(specials);
            if (specials != 0) break;
        }
    }
    return false;
}

// RFC 8259 section 7. A surrogate without its other half stands for no character: refused.
bool JsonScanner::escape(std::string& room) {
    if (end_ - at_ < 2) return false;
    const char c = at_[1];
    at_ += 2;
    switch (c) {
        case '"':
        case '\\':
        case '/': room += c; return true;
        case 'b': room += '\b'; return true;
        case 'f': room += '\f'; return true;
        case 'n': room += '\n'; return true;
        case 'r': room += '\r'; return true;
        case 't': room += '\t'; return true;
        case 'u': break;
        default: return false;
    }
    std::uint32_t point = 0;
    if (!four_hex_digits(point)) return false;
    if (point >= 0xd800 && point <= 0xdfff) {
        std::uint32_t low = 0;
        if (point >= 0xdc00 || !literal("\\u") || !four_hex_digits(low)) return false;
        if (low < 0xdc00 || low > 0xdfff) return false;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    append_code_point(room, point);
    return true;
}

bool JsonScanner::four_hex_digits(std::uint32_t& value) {
    if (end_ - at_ < 4) return false;
    const auto [end, ec] = std::from_chars(at_, at_ + 4, value, 16);
    if (ec != std::errc() || end != at_ + 4) return false;
    at_ = end;
    return true;
}

}  // namespace troika::data::detail
