#include "json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

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
