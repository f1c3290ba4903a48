#include "../json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

TEST_CASE("JSON is compact, in the order of the description, without absent optionals") {
    CHECK(to_json(Point{1, -2}) == R"({"x":1,"y":-2})");
    CHECK(to_json(std::vector<std::optional<int>>{1, std::nullopt}) == "[1,null]");
    CHECK(to_json(std::vector<Point>{}) == "[]");
    CHECK(to_json(std::map<std::string, Colour>{{"sky", Colour::blue}}) == R"({"sky":"blue"})");
    CHECK(to_json(2.0) == "2.0");
    CHECK(to_json(1e300) == "1e+300");
    CHECK(to_json(std::string("\x7f\x1f\t\r\n")) == "\"\x7f\\u001f\\t\\r\\n\"");
    CHECK(to_json(std::chrono::seconds(90)) == R"("90s")");
    CHECK(to_json(nlohmann::json::parse(R"({"a":[1,{"b":2.0}]})")) == R"({"a":[1,{"b":2.0}]})");
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
