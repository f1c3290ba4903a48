#include <archive/utf8.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using archive::first_code_point;

TEST_CASE("every code point survives being written and read") {
    for (char32_t value = 0; value <= 0x10ffff; ++value) {
        if (value >= 0xd800 && value <= 0xdfff) continue;
        std::string text;
        archive::append_utf8(text, value);
        const archive::CodePoint point = first_code_point(text);
        if (point.value != value || point.length != text.size()) FAIL("code point " << +value);
    }
    SUCCEED();
}

TEST_CASE("what RFC 3629 forbids is not valid") {
    using namespace std::string_view_literals;
    const std::string_view text = GENERATE(
        ""sv, "\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
        "\xed\xbf\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv,
        "\xff"sv, "\xc3"sv, "\xc3("sv, "\xe2\x82"sv, "\xe2\x82("sv, "\xf0\x9f\x98"sv);
    CHECK(first_code_point(text).length == 0);
}
