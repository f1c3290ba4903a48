#include "../json_cases.hpp"
#include "../json_checks.hpp"
#include "../json_random.hpp"
#include "../json_same.hpp"

#include <catch2/catch.hpp>

using namespace troika::data;
using namespace samples;
using nlohmann::json;

namespace {

// Text alone, without the value that is read when something is wrong.
template <typename T>
std::optional<T> read(std::string_view text, const DecodeOptions& options = {}) {
    T value{};
    if (!detail::read_json_text(text, options, &value, detail::read_any<T>)) return std::nullopt;
    return value;
}

}  // namespace

TEST_CASE("a struct is read from its text without a JSON value in between") {
    const Everything before = everything();
    CHECK(read<Everything>(to_json(before)) == before);
    CHECK(read<Point>(" { \"y\" : 2 , \"x\" : 1 } ") == Point{1, 2});
    CHECK(read<std::vector<std::string>>(R"(["a\nb","\u00e9","plain"])") ==
          std::vector<std::string>{"a\nb", "\xc3\xa9", "plain"});
    CHECK(read<std::map<std::string, int>>(R"({"\u0061":1,"b":2})") ==
          std::map<std::string, int>{{"a", 1}, {"b", 2}});
}

TEST_CASE("texts that were escaped stay readable until the reader goes") {
    std::string text = "{";
    for (int i = 0; i < 100; ++i)
        text += "\"\\u0041" + std::to_string(i) + "\":\"\\t" + std::to_string(i) + "\",";
    text.back() = '}';
    const auto value = read<std::map<std::string, std::string>>(text);
    REQUIRE(value.has_value());
    CHECK(value->size() == 100);
    CHECK(value->at("A42") == "\t42");
}

TEST_CASE("the text reader takes what the parser takes, and gives the same values") {
    for (const std::string& text : kValidJson) {
        INFO(text);
        const auto value = read<json>(text);
        if (!value) {  // numbers that come to nothing are the lexer's
            CHECK(parse_json(text) == 0.0);
            continue;
        }
        CHECK(same(*value, parse_json(text)));
    }
    for (const std::string& text : kInvalidJson) {
        INFO(text);
        CHECK_FALSE(read<json>(text).has_value());
        CHECK(complaint<json>(text) != "accepted");
    }
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const json value = RandomJson(seed).value();
        const auto back = read<json>(value.dump());
        if (!back || !same(*back, parse_json(value.dump()))) FAIL(value.dump());
    }
}

TEST_CASE("a member that comes twice is refused wherever it is, also in what is skipped") {
    constexpr DecodeOptions kLenient{.unknown_members = UnknownMembers::ignore};
    CHECK(read<Point>(R"({"x":1,"y":2,"z":{"a":[{"b":1,"c":1}]}})", kLenient) == Point{1, 2});
    for (const char* const text : {R"({"x":1,"y":2,"x":1})", R"({"x":1,"y":2,"z":{"a":1,"a":1}})",
                                   R"({"x":1,"y":2,"z":[{"a":{"b":1,"\u0062":1}}]})"}) {
        CHECK_FALSE(read<Point>(text, kLenient).has_value());
        CHECK(complaint<Point>(text, kLenient).find("twice") != std::string::npos);
    }
    const std::string twice = R"({"x":1,"y":2,"z":0,"z":0})";  // unknown, but twice
    CHECK(complaint<Point>(twice, kLenient).find("twice") != std::string::npos);
}

TEST_CASE("nesting has its limit in the text too") {
    CHECK(read<json>("[[]]", {.max_depth = 2}).has_value());
    CHECK_FALSE(read<json>("[[[]]]", {.max_depth = 2}).has_value());
    CHECK_FALSE(read<json>(std::string(100'000, '[')).has_value());
}
