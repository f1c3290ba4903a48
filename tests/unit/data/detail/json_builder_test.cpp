#include "../json_cases.hpp"
#include "../json_random.hpp"
#include "../json_same.hpp"

#include <troika/data/detail/json_builder.hpp>
#include <troika/data/error.hpp>
#include <troika/data/json.hpp>

#include <catch2/catch.hpp>

using namespace troika::data;
using namespace samples;
using nlohmann::json;

namespace {

bool builds(std::string_view text, std::size_t max_depth = kMaxDepth) {
    json value;
    return detail::build_json(text, max_depth, value);
}

// The lexer alone: it counts lines.
json by_lexer(const std::string& text) {
    std::map<std::string, int> lines;
    return parse_json(text, {.lines = &lines});
}

bool refused(const std::string& text) {
    try {
        (void)parse_json(text);
    } catch (const DecodeError&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what is JSON is read as nlohmann reads it, in every bit") {
    for (const std::string& text : kValidJson) {
        INFO(text);
        REQUIRE(json::accept(text));
        const json value = parse_json(text);
        CHECK(same(value, json::parse(text)));
        CHECK(same(value, by_lexer(text)));
        for (const std::string& around :
             {"[" + text + "]", "{\"a\":" + text + "}", " " + text + " "})
            CHECK(same(parse_json(around), json::parse(around)));
    }
}

TEST_CASE("what is no JSON is refused, alone and inside of something") {
    for (const std::string& text : kInvalidJson) {
        INFO(text);
        REQUIRE_FALSE(json::accept(text));
        CHECK_FALSE(builds(text));
        CHECK(refused(text));
        for (const std::string& around :
             {"[" + text + "]", "{\"a\":" + text + "}", " " + text + " "}) {
            if (json::accept(around)) continue;  // as [] or [1 and ]
            CHECK_FALSE(builds(around));
            CHECK(refused(around));
        }
    }
}

TEST_CASE("the builder leaves to the lexer what is rare, and both give the same value") {
    const std::string mark = "\xef\xbb\xbf{\"a\":1}";
    CHECK_FALSE(builds(mark));
    CHECK(same(parse_json(mark), json::parse("{\"a\":1}")));
    CHECK(same(parse_json("[1e-400,-1e-400]"), json::parse("[0.0,-0.0]")));
}

TEST_CASE("the lexer's end of text, a NUL byte, ends no document") {
    using namespace std::string_literals;
    for (const std::string& text : {"1\0"s, "1\0garbage"s, "[1]\0[2]"s, "[1,\0 2]"s, "\0"s}) {
        CHECK_FALSE(builds(text));
        CHECK(refused(text));
    }
}

TEST_CASE("a member that comes twice and a level too many are refused") {
    CHECK_FALSE(builds(R"({"a":1,"a":1})"));
    CHECK_FALSE(builds(R"([{"b":1,"a":[],"c":2,"b":1}])"));
    CHECK_FALSE(builds(R"({"a":1,"\u0061":1})"));
    CHECK(builds(R"({"a":{"a":{"a":[{"a":1}]}}})"));
    CHECK(builds("[[]]", 2));
    CHECK_FALSE(builds("[[[]]]", 2));
    CHECK_FALSE(builds("[{\"a\":{}}]", 2));
    CHECK(builds("1", 0));
    CHECK_FALSE(builds("[]", 0));
}

TEST_CASE("arrays in arrays and objects keep their elements, in order") {
    const std::string text =
        R"([1,[2,[3,[],4],{"a":[5,{"b":[6,7],"c":[]},8],"d":9}],10,[[[11]],12],"a string that is long"])";
    CHECK(same(parse_json(text), json::parse(text)));
    json many = json::array();
    for (int i = 0; i < 1'000; ++i) many.push_back({i, {i, {{"i", {i, i}}}}});
    CHECK(same(parse_json(many.dump()), many.parse(many.dump())));
}

TEST_CASE("a document that ends early, or has one byte changed, is judged as nlohmann does") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const std::string text = RandomJson(seed).value().dump();
        for (std::size_t at = 0; at < text.size() && at < 200; ++at) {
            std::string cut = text.substr(0, at);
            std::string changed = text;
            changed[at] = "\"\\{}[],:0-e.\x01\xc3 "[seed % 15];
            for (const std::string& wrong : {cut, changed}) {
                std::optional<json> ours;
                try {
                    ours = parse_json(wrong);
                } catch (const DecodeError& error) {
                    if (std::string_view(error.what()).find("twice") != std::string_view::npos)
                        continue;
                }
                if (ours.has_value() != json::accept(wrong)) FAIL(wrong);
                if (ours && !same(*ours, json::parse(wrong))) FAIL(wrong);
            }
        }
    }
}
