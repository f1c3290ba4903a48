#include "json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

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
