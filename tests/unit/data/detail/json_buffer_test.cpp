#include <troika/data/detail/json_buffer.hpp>

#include <catch2/catch.hpp>

#include <charconv>
#include <cmath>
#include <limits>

using troika::data::detail::JsonBuffer;

namespace {

std::string written_quoted(std::string_view text) {
    JsonBuffer buffer;
    const std::string_view rest = buffer.quoted(text);
    return buffer.take() + std::string(rest);
}

std::string short_decimal(double value) {
    JsonBuffer buffer;
    return buffer.short_decimal(value) ? buffer.take() : "none";
}

}  // namespace

TEST_CASE("what is appended comes out in order, however long it gets") {
    JsonBuffer buffer;
    std::string expected;
    for (int i = 0; i < 2'000; ++i) {
        buffer.push('<');
        buffer.integer(-i);
        buffer.append("text");
        CHECK(buffer.back() == 't');
        expected += "<" + std::to_string(-i) + "text";
    }
    buffer.integer(std::numeric_limits<std::int64_t>::min());
    buffer.integer(std::numeric_limits<std::uint64_t>::max());
    expected += "-922337203685477580818446744073709551615";
    CHECK(buffer.size() == expected.size());
    CHECK(buffer.take() == expected);
}

TEST_CASE("quoting escapes what a string cannot hold, at every place and length") {
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string plain(size, 'p');
        CHECK(written_quoted(plain) == "\"" + plain + "\"");
        for (std::size_t at = 0; at < size; ++at) {
            std::string text = plain;
            text[at] = '\n';
            CHECK(written_quoted(text) ==
                  "\"" + plain.substr(0, at) + "\\n" + plain.substr(at + 1) + "\"");
        }
    }
    CHECK(written_quoted("\b\f\n\r\t\"\\/\x01\x1f\x7f") ==
          "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\x7f\"");
    CHECK(written_quoted(std::string_view("\0", 1)) == "\"\\u0000\"");
    CHECK(written_quoted("\xc3\xa9 \xe2\x82\xac") == "\"\xc3\xa9 \xe2\x82\xac\"");
}

TEST_CASE("quoting stops at the first byte that is no UTF-8, and says what is left") {
    CHECK(written_quoted("good\xff"
                         "bad") ==
          "\"good\xff"
          "bad");
    CHECK(written_quoted("\xc3") == "\"\xc3");
    CHECK(written_quoted("\xed\xa0\x80") == "\"\xed\xa0\x80");
}

TEST_CASE("a short decimal is the shortest text that reads back as the double") {
    CHECK(short_decimal(0.0) == "0.0");
    CHECK(short_decimal(-0.0) == "-0.0");
    CHECK(short_decimal(8.95) == "8.95");
    CHECK(short_decimal(-0.001) == "-0.001");
    CHECK(short_decimal(999999999999.999) == "999999999999.999");
    CHECK(short_decimal(39.0) == "39.0");
    for (const double none :
         {0.0001, 1e12, 0.1 + 0.2, 1.0 / 3, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL})
        CHECK(short_decimal(none) == "none");
    for (int i = 1; i < 100'000; ++i) {
        const double value = i / 1000.0;
        char digits[32];
        std::string shortest(digits, std::to_chars(digits, digits + 32, value).ptr);
        if (shortest.find('.') == std::string::npos) shortest += ".0";
        if (short_decimal(value) != shortest) FAIL(shortest);
    }
}
