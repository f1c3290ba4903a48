#include "json_random.hpp"
#include "json_same.hpp"

#include <troika/data/json.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;
using nlohmann::json;

namespace {

std::string by_nlohmann(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

TEST_CASE("a value is written as nlohmann writes it") {
    for (const json& value :
         {json(), json(true), json(false), json(0), json(-1), json(1U), json::array(),
          json::object(), json(std::numeric_limits<std::int64_t>::min()),
          json(std::numeric_limits<std::uint64_t>::max()), json("a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f"),
          json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\xb9"),
          json({{"b", {1, 2.5, {{"c", nullptr}}}}, {"a", "x"}}), json::binary({1, 2, 255}),
          json(json::value_t::discarded), json({1, json::binary({}), 2})}) {
        INFO(by_nlohmann(value));
        CHECK(dump_json(value) == by_nlohmann(value));
    }
    CHECK(dump_json({{"price", 39.0}, {"text", "caf\xc3\xa9"}}) ==
          "{\"price\":39.0,\"text\":\"caf\xc3\xa9\"}");
}

TEST_CASE("a double is written as nlohmann writes it, and NaN and infinities as null") {
    using Limits = std::numeric_limits<double>;
    for (const double value : {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               0.1,
                               0.001,
                               0.0001,
                               1e5,
                               1e15,
                               1e16,
                               999999999999.999,
                               1e12,
                               123456.789,
                               0.3,
                               1.0 / 3,
                               5e-324,
                               1e22,
                               1e23,
                               9007199254740993.0,
                               Limits::max(),
                               Limits::min(),
                               Limits::quiet_NaN(),
                               Limits::infinity(),
                               -Limits::infinity()})
        CHECK(dump_json(value) == by_nlohmann(value));
    for (int thousandths = -20'000; thousandths < 20'000; ++thousandths) {
        const double value = thousandths / 1000.0;
        if (dump_json(value) != by_nlohmann(value)) FAIL(by_nlohmann(value));
    }
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD where nlohmann puts one") {
    for (const char* const text :
         {"\xff", "a\xffz", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98(\"\n",
          "long enough for words \xc0\x80 and then some \xfe\xff", "\xc3\xa9\xc3"}) {
        CHECK(dump_json(text) == by_nlohmann(text));
        CHECK(dump_json({{text, text}}) == by_nlohmann({{text, text}}));
    }
}

TEST_CASE("random values are written as nlohmann writes them, and read back") {
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        const json value = RandomJson(seed).value();
        const std::string text = dump_json(value);
        INFO("seed " << seed << ": " << text);
        if (text != by_nlohmann(value)) FAIL(by_nlohmann(value));
        if (!same(parse_json(text), json::parse(text))) FAIL("read otherwise");
        if (dump_json(parse_json(text)) != text) FAIL("no round trip");
    }
}

TEST_CASE("a text longer than any buffer that was there is written whole") {
    json value = json::array();
    for (int i = 0; i < 3'000; ++i) value.push_back(std::string(static_cast<std::size_t>(i), 'x'));
    CHECK(dump_json(value) == by_nlohmann(value));
}
