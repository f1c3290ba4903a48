#include "json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

namespace {

struct Forty {
    int a0 = 0, a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = 7, a8 = 8, a9 = 9, a10 = 10,
        a11 = 11, a12 = 12, a13 = 13, a14 = 14, a15 = 15, a16 = 16, a17 = 17, a18 = 18, a19 = 19,
        a20 = 20, a21 = 21, a22 = 22, a23 = 23, a24 = 24, a25 = 25, a26 = 26, a27 = 27, a28 = 28,
        a29 = 29, a30 = 30, a31 = 31, a32 = 32, a33 = 33, a34 = 34, a35 = 35, a36 = 36, a37 = 37,
        a38 = 38, a39 = 39;
};
BOOST_DESCRIBE_STRUCT(Forty, (),
                      (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,
                       a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31,
                       a32, a33, a34, a35, a36, a37, a38, a39))

struct Seventy : Forty {
    int b0 = 0, b1 = 1, b2 = 2, b3 = 3, b4 = 4, b5 = 5, b6 = 6, b7 = 7, b8 = 8, b9 = 9, b10 = 10,
        b11 = 11, b12 = 12, b13 = 13, b14 = 14, b15 = 15, b16 = 16, b17 = 17, b18 = 18, b19 = 19,
        b20 = 20, b21 = 21, b22 = 22, b23 = 23, b24 = 24, b25 = 25, b26 = 26, b27 = 27, b28 = 28,
        b29 = 29;
};
BOOST_DESCRIBE_STRUCT(Seventy, (Forty),
                      (b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16,
                       b17, b18, b19, b20, b21, b22, b23, b24, b25, b26, b27, b28, b29))

}  // namespace

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

TEST_CASE("a struct may have more members than a word has bits") {
    const std::string text = to_json(Seventy{});
    CHECK(to_json(from_json<Seventy>(text)) == text);
    const std::string last = ",\"b29\":29";
    REQUIRE(text.find(last) != std::string::npos);
    const std::string missing = text.substr(0, text.find(last)) + "}";
    CHECK(complaint<Seventy>(missing).find("\"b29\"") != std::string::npos);
    const std::string twice = text.substr(0, text.size() - 1) + last + "}";
    CHECK(complaint<Seventy>(twice).find("twice") != std::string::npos);
}
