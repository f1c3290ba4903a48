#include "../json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

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
