#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/http_date.hpp>

#include <array>
#include <cstdio>

namespace troika::http {

namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kDays = "SunMonTueWedThuFriSat";

// Takes a date apart from its front; the first thing that does not fit makes all of it wrong.
class Scanner final {
  public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    bool text(std::string_view wanted) noexcept {
        const bool there = rest_.starts_with(wanted);
        rest_.remove_prefix(there ? wanted.size() : 0);
        return there;
    }
    bool number(std::size_t digits, unsigned& value) noexcept {
        if (rest_.size() < digits) return false;
        value = 0;
        for (const char c : rest_.substr(0, digits)) {
            if (!detail::is_digit(c)) return false;
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        rest_.remove_prefix(digits);
        return true;
    }
    bool month(unsigned& value) noexcept {
        const std::size_t at = rest_.size() < 3 ? kMonths.npos : kMonths.find(rest_.substr(0, 3));
        if (at == kMonths.npos || at % 3 != 0) return false;
        value = static_cast<unsigned>(at / 3 + 1);
        rest_.remove_prefix(3);
        return true;
    }
    bool time(std::array<unsigned, 3>& value) noexcept {
        return number(2, value[0]) && text(":") && number(2, value[1]) && text(":") &&
               number(2, value[2]);
    }
    bool at_end() const noexcept { return rest_.empty(); }

  private:
    std::string_view rest_;
};

struct Parts {
    unsigned year = 0, month = 0, day = 0;
    std::array<unsigned, 3> time{};
};

std::optional<sys_seconds> whole(const Parts& parts) noexcept {
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(parts.year)), month(parts.month),
                              day(parts.day)};
    // 60 is a leap second.
    if (!date.ok() || parts.time[0] > 23 || parts.time[1] > 59 || parts.time[2] > 60)
        return std::nullopt;
    return sys_days(date) + hours(parts.time[0]) + minutes(parts.time[1]) + seconds(parts.time[2]);
}

bool fixed(Scanner scan, Parts& parts) noexcept {
    return scan.text(", ") && scan.number(2, parts.day) && scan.text(" ") &&
           scan.month(parts.month) && scan.text(" ") && scan.number(4, parts.year) &&
           scan.text(" ") && scan.time(parts.time) && scan.text(" GMT") && scan.at_end();
}

bool rfc850(Scanner scan, Parts& parts) noexcept {
    const bool there = scan.text(", ") && scan.number(2, parts.day) && scan.text("-") &&
                       scan.month(parts.month) && scan.text("-") && scan.number(2, parts.year) &&
                       scan.text(" ") && scan.time(parts.time) && scan.text(" GMT") &&
                       scan.at_end();
    // RFC 9110 5.6.7: more than 50 years ahead means the last century. A fixed pivot does for dates of
    // documents.
    constexpr unsigned kPivot = 70;
    parts.year += parts.year < kPivot ? 2000 : 1900;
    return there;
}

bool asctime(Scanner scan, Parts& parts) noexcept {
    return scan.text(" ") && scan.month(parts.month) && scan.text(" ") &&
           (scan.text(" ") ? scan.number(1, parts.day) : scan.number(2, parts.day)) &&
           scan.text(" ") && scan.time(parts.time) && scan.text(" ") &&
           scan.number(4, parts.year) && scan.at_end();
}

}  // namespace

std::string format_http_date(sys_seconds time) {
    const sys_days days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(time - days);
    const std::size_t day_name = std::chrono::weekday(days).c_encoding() * 3;
    const std::size_t month_name = (static_cast<unsigned>(date.month()) - 1) * 3;
    constexpr std::size_t kRoom = 64;
    std::array<char, kRoom> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
        kDays.data() + day_name, static_cast<unsigned>(date.day()), kMonths.data() + month_name,
        static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<sys_seconds> parse_http_date(std::string_view text) {
    std::size_t letters = 0;
    while (letters < text.size() && detail::to_lower(text[letters]) >= 'a' &&
           detail::to_lower(text[letters]) <= 'z')
        ++letters;
    if (letters < 3) return std::nullopt;
    const Scanner rest(text.substr(letters));
    for (const auto form : {fixed, rfc850, asctime}) {
        Parts parts;
        if (form(rest, parts)) return whole(parts);
    }
    return std::nullopt;
}

}  // namespace troika::http
