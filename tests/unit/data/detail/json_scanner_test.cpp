#include <troika/data/detail/json_scanner.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <optional>

using namespace troika::data;
using detail::JsonScanner;

namespace {

std::optional<Number> number(std::string_view text) {
    JsonScanner scanner(text);
    Number value;
    if (!scanner.number(value) || !scanner.at_end()) return std::nullopt;
    return value;
}

}  // namespace

TEST_CASE("tokens come one after the other, without the space between them") {
    JsonScanner scanner(" { \"a\" :\t[ true,\r\nnull ] } ");
    std::string_view text;
    std::string room;
    CHECK(scanner.take('{'));
    CHECK(scanner.peek() == '"');
    CHECK(scanner.string(text, room));
    CHECK(text == "a");
    CHECK_FALSE(scanner.take(','));
    CHECK(scanner.take(':'));
    CHECK(scanner.take('['));
    CHECK(scanner.peek() == 't');
    CHECK_FALSE(scanner.literal("null"));
    CHECK(scanner.literal("true"));
    CHECK(scanner.take(','));
    CHECK(scanner.peek() == 'n');
    CHECK(scanner.literal("null"));
    CHECK(scanner.take(']'));
    CHECK_FALSE(scanner.at_end());
    CHECK(scanner.take('}'));
    CHECK(scanner.at_end());
    CHECK(scanner.peek() == 0);
}

TEST_CASE("a NUL byte is no end") {
    JsonScanner scanner(std::string_view("\0", 1));
    CHECK(scanner.peek() == 0);
    CHECK_FALSE(scanner.at_end());
}

TEST_CASE("a number is an integer if it fits, signed below zero, else the nearest double") {
    CHECK(number("0") == Number(std::uint64_t{0}));
    CHECK(number("-0") == Number(std::int64_t{0}));
    CHECK(number("18446744073709551615") == Number(std::uint64_t{18446744073709551615U}));
    CHECK(number("18446744073709551616") == Number(18446744073709551616.0));
    CHECK(number("-9223372036854775808") == Number(std::numeric_limits<std::int64_t>::min()));
    CHECK(number("-9223372036854775809") == Number(-9223372036854775808.0));
    CHECK(number("1.0") == Number(1.0));
    CHECK(number("1e2") == Number(100.0));
    CHECK(number("8.95") == Number(8.95));
    CHECK(number("9007199254740993.0") == Number(9007199254740992.0));
    CHECK(number("0.1234567890123456789") == Number(0.1234567890123456789));
    for (const char* const text : {"-", "01", "1.", "1e", "1e+", ".5", "1e400", "1e-400"})
        CHECK(number(text) == std::nullopt);
}

TEST_CASE(
    "a string without escapes is a view of the text, one with escapes lies in the room given") {
    const std::string_view whole = "\"plain, and longer than a word\"\"\\u00e9\\n\"";
    JsonScanner scanner(whole);
    std::string_view text;
    std::string room = "left over";
    REQUIRE(scanner.string(text, room));
    CHECK(text == "plain, and longer than a word");
    CHECK(text.data() == whole.data() + 1);
    REQUIRE(scanner.string(text, room));
    CHECK(text == "\xc3\xa9\n");
    CHECK(text.data() == room.data());
    CHECK(scanner.at_end());
}

TEST_CASE("each byte is found wherever it stands in a word, and whatever stands behind it") {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        for (std::size_t at = 0; at < 8; ++at) {
            for (const char behind :
                 {'a', '"', '\x01', '\x20', '\x21', '\x23', '\x5b', '\x5d', '\xff'}) {
                std::string word(8, 'a');
                for (std::size_t i = at + 1; i < 8; ++i) word[i] = behind;
                word[at] = c;
                const std::uint64_t specials =
                    detail::special_bytes(detail::load_word(word.data()));
                const bool found =
                    specials != 0 && detail::first_special(specials) == static_cast<int>(at);
                if (found != detail::is_special(c)) FAIL("byte " << byte << " at " << at);
            }
        }
    }
}
