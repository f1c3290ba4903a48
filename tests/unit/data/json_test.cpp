#include <troika/data/json.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

namespace {
template <typename T>
std::string complaint(std::string_view text, const DecodeOptions& options = {}) {
    try {
        (void)from_json<T>(text, options);
    } catch (const DecodeError& error) {
        return error.what();
    }
    return "accepted";
}
}  // namespace

TEST_CASE("a struct with a member of every kind survives JSON text and JSON values") {
    const Everything before = everything();
    CHECK(from_json<Everything>(to_json(before)) == before);
    CHECK(from_json_value<Everything>(to_json_value(before)) == before);
    CHECK(nlohmann::json::parse(to_json(before)) == to_json_value(before));
}

TEST_CASE("JSON is compact, in the order of the description, without absent optionals") {
    CHECK(to_json(Point{1, -2}) == R"({"x":1,"y":-2})");
    CHECK(to_json(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
    CHECK(to_json(std::vector<Point>{}) == "[]");
    CHECK(to_json(std::map<std::string, Colour>{{"sky", Colour::blue}}) == R"({"sky":"blue"})");
    CHECK(to_json(2.0) == "2.0");
    CHECK(to_json(1e300) == "1e+300");
    CHECK(to_json(std::string("\x7f\x1f\t\r\n")) == R"("\u007f\u001f\t\r\n")");
    CHECK(to_json(std::chrono::seconds(90)) == R"("90s")");
    CHECK(to_json(nlohmann::json::parse(R"({"a":[1,{"b":2.0}]})")) == R"({"a":[1,{"b":2.0}]})");
}

TEST_CASE("a wrong type is named with its path, what was expected and what was found") {
    CHECK(complaint<Point>(R"({"x":1,"y":"2"})") ==
          "/y: expected an integer from -2147483648 to 2147483647, found the text \"2\"");
    CHECK(complaint<std::vector<Point>>(R"([{"x":1,"y":2},7])") ==
          "/1: expected an object, found the number 7");
    CHECK(complaint<std::map<std::string, Point>>(R"({"a/b~":{"x":true,"y":0}})") ==
          "/a~1b~0/x: expected an integer from -2147483648 to 2147483647, found true");
    CHECK(complaint<Point>("[]") == "the document: expected an object, found an array");
    CHECK(complaint<bool>("null") == "the document: expected true or false, found null");
    CHECK(complaint<std::pair<int, int>>("[1]") ==
          "the document: expected an array of 2, found fewer");
    CHECK(complaint<std::pair<int, int>>("[1,2,3]").find("found more") != std::string::npos);
    CHECK(complaint<std::array<int, 2>>("[1,2,3]") ==
          "the document: expected an array of 2, found 3");
    CHECK(complaint<std::vector<std::byte>>(R"("&&&&")") ==
          "the document: expected base64 text, found the text \"&&&&\"");
    CHECK(complaint<std::string>("\"" + std::string(100, 'x') + "\"") == "accepted");
    CHECK(complaint<int>("\"" + std::string(100, 'x') + "\"").size() < 150);
}

TEST_CASE("integers are checked against the range of their type") {
    CHECK(from_json<std::int8_t>("-128") == -128);
    CHECK(complaint<std::int8_t>("-129") ==
          "the document: expected an integer from -128 to 127, found the number -129");
    CHECK(complaint<std::uint8_t>("256").find("from 0 to 255") != std::string::npos);
    CHECK(complaint<std::uint32_t>("-1").find("from 0 to") != std::string::npos);
    CHECK(from_json<std::uint64_t>("18446744073709551615") == 18446744073709551615ULL);
    CHECK(complaint<std::uint64_t>("18446744073709551616") != "accepted");
    CHECK(complaint<std::int64_t>("9223372036854775808") != "accepted");
    CHECK(from_json<int>("3.0") == 3);
    CHECK(complaint<int>("3.5").find("found the number 3.5") != std::string::npos);
    CHECK(complaint<std::int64_t>("1e300") != "accepted");
    CHECK(complaint<float>("1e300").find("a number that fits") != std::string::npos);
}

TEST_CASE("an unknown member is refused with the nearest known name, or ignored on request") {
    CHECK(complaint<Everything>(R"({"colur":"red"})") ==
          "/colur: expected a known member (nearest: \"colour\"), found the unknown member "
          "\"colur\"");
    CHECK(complaint<Point>(R"({"zzzzzz":1})").find("nearest") == std::string::npos);
    DecodeOptions lenient;
    lenient.unknown_members = UnknownMembers::ignore;
    CHECK(from_json<Point>(R"({"x":1,"more":{"deep":[1,"a",null,true]},"y":2})", lenient) ==
          Point{1, 2});
}

TEST_CASE("a missing member is an error unless it is optional or defaults are kept") {
    CHECK(complaint<std::vector<Point>>(R"([{"x":1}])") ==
          "/0: expected the member \"y\", found an object without it");
    DecodeOptions lenient;
    lenient.missing_members = MissingMembers::keep_default;
    CHECK(from_json<Everything>("{}", lenient) == Everything{});
    CHECK_FALSE(from_json<std::tuple<std::optional<int>>>("[null]") ==
                std::tuple<std::optional<int>>{0});
}

TEST_CASE("an unknown enumerator lists the known ones and the nearest") {
    CHECK(complaint<Colour>(R"("gren")") ==
          "the document: expected one of red, green, blue (nearest: \"green\"), found the text "
          "\"gren\"");
    CHECK(complaint<Colour>("1") ==
          "the document: expected one of red, green, blue, found the number 1");
    CHECK_THROWS_AS(to_json(static_cast<Colour>(17)), EncodeError);
}

TEST_CASE("a duplicate member is an error wherever it is") {
    CHECK(complaint<Point>(R"({"x":1,"y":2,"x":3})") ==
          "/x: expected each member once, found it twice");
    CHECK(complaint<nlohmann::json>(R"({"a":[0,{"b":1,"b":1}]})") ==
          "/a/1/b: expected each member once, found it twice");
}

TEST_CASE("nesting has a limit both ways, and far beyond it nothing overflows") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(complaint<nlohmann::json>(nested(kMaxDepth)) == "accepted");
    CHECK(complaint<nlohmann::json>(nested(kMaxDepth + 1)).find("at most 64 levels") !=
          std::string::npos);
    CHECK(complaint<nlohmann::json>(nested(1'000'000)).find("at most 64") != std::string::npos);
    Tree tree;
    for (int i = 0; i < 100; ++i) {
        Tree parent;
        parent.children.push_back(std::move(tree));
        tree = std::move(parent);
    }
    CHECK_THROWS_AS(to_json(tree), EncodeError);
    CHECK_THROWS_AS(to_json_value(tree), EncodeError);
}

TEST_CASE("text that is not UTF-8 and numbers that are none are refused both ways") {
    CHECK(complaint<std::string>("\"\xff\"").find("expected JSON") != std::string::npos);
    CHECK(complaint<std::string>("\"\xed\xa0\x80\"").find("expected JSON") != std::string::npos);
    CHECK(complaint<std::string>(R"("\ud800")").find("expected JSON") != std::string::npos);
    CHECK(complaint<double>("NaN").find("expected JSON") != std::string::npos);
    CHECK(complaint<double>("1e999").find("expected JSON") != std::string::npos);
    CHECK_THROWS_AS(to_json(std::string("\xc0\x80")), EncodeError);
    CHECK_THROWS_AS(to_json(std::numeric_limits<double>::quiet_NaN()), EncodeError);
    try {
        (void)to_json(std::map<std::string, double>{{"load", 1.0 / 0.0}});
        FAIL("infinity was written");
    } catch (const EncodeError& error) {
        CHECK(std::string(error.what()).find("\"load\"") != std::string::npos);
    }
}

TEST_CASE("a syntax error says line, column and what was there") {
    const std::string said = complaint<Point>("{\"x\": 1,\n \"y\": }");
    CHECK(said.find("expected JSON, found an error at line 2, column 7") != std::string::npos);
    CHECK(complaint<int>("").find("expected JSON") != std::string::npos);
    CHECK(complaint<int>("1 2").find("expected JSON") != std::string::npos);
    CHECK(complaint<int>("1 // one").find("expected JSON") != std::string::npos);
}

TEST_CASE("a parser asked for it skips comments and tells the line of each member") {
    std::map<std::string, int> lines;
    const auto json =
        parse_json("{ // the server\n \"server\": {\n  \"port\": 80,\n \"a/b\": [1]}}",
                   {.comments = JsonComments::ignore, .lines = &lines});
    CHECK(json["server"]["port"] == 80);
    CHECK(lines ==
          std::map<std::string, int>{{"/server", 2}, {"/server/port", 3}, {"/server/a~1b", 4}});
}

TEST_CASE("a truncated document is always an error, never a value") {
    const std::string whole = to_json(everything());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(complaint<Everything>(std::string_view(whole).substr(0, size)) != "accepted");
}
