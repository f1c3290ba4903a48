#include "json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

TEST_CASE("a duplicate member is an error wherever it is") {
    CHECK(complaint<Point>(R"({"x":1,"y":2,"x":3})") ==
          "/x: expected each member once, found it twice");
    CHECK(complaint<nlohmann::json>(R"({"a":[0,{"b":1,"b":1}]})") ==
          "/a/1/b: expected each member once, found it twice");
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
