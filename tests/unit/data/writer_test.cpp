#include "binary_checks.hpp"
#include "json_checks.hpp"

#include <catch2/catch.hpp>

using namespace troika::data;
using namespace samples;

TEST_CASE("a JSON value of any shape travels through both forms") {
    const auto value = nlohmann::json::parse(
        R"({"a":[null,true,-1,18446744073709551615,0.5,"x",[],{}],"b":{"c":{"d":2.0}}})");
    CHECK(from_json<nlohmann::json>(to_json(value)) == value);
    CHECK(decode<nlohmann::json>(encode(value)) == value);
    CHECK(to_json_value(value) == value);
}

TEST_CASE("a JSON value nested too deeply is refused by every writer") {
    nlohmann::json deep;
    for (int i = 0; i < 100; ++i) deep = nlohmann::json::array({deep});
    CHECK_THROWS_AS(to_json(deep), EncodeError);
    CHECK_THROWS_AS(to_json_value(deep), EncodeError);
    CHECK_THROWS_AS(encode(deep), EncodeError);
}
