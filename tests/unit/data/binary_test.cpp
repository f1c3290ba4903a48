#include "binary_checks.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace troika::data;
using namespace samples;

namespace {
struct Plain {};
}  // namespace

TEST_CASE("a struct with a member of every kind survives the binary form") {
    const Everything before = everything();
    CHECK(decode<Everything>(encode(before)) == before);
}

TEST_CASE("several arguments come back as a tuple, none as nothing") {
    const Bytes bytes = encode(1, std::string("two"), Point{3, 4});
    CHECK(decode<int, std::string, Point>(bytes) == std::tuple(1, std::string("two"), Point{3, 4}));
    CHECK(encode().empty());
    CHECK_NOTHROW(decode_arguments<>(encode()));
    CHECK_THROWS_AS(decode_arguments<>(bytes), DecodeError);
    CHECK_THROWS_AS((decode<int, std::string>(bytes)), DecodeError);
}

TEST_CASE("what is already in the buffer stays in front") {
    Bytes bytes = raw({1, 2, 3});
    encode_to(bytes, std::string("x"));
    CHECK(bytes == raw({1, 2, 3, 0x61, 'x'}));
}

TEST_CASE("strings hold any bytes and NaN travels") {
    const std::string bytes("\xff\x00\xc0", 3);
    CHECK(decode<std::string>(encode(bytes)) == bytes);
    CHECK(std::isnan(decode<double>(encode(std::numeric_limits<double>::quiet_NaN()))));
    CHECK(std::isinf(decode<float>(encode(std::numeric_limits<float>::infinity()))));
}

TEST_CASE("what may travel is known at compile time") {
    STATIC_REQUIRE(Encodable<Everything>);
    STATIC_REQUIRE(Encodable<std::vector<std::map<std::string, std::optional<Tree>>>>);
    STATIC_REQUIRE_FALSE(Encodable<int*>);
    STATIC_REQUIRE_FALSE(Encodable<const char*>);
    STATIC_REQUIRE_FALSE(Encodable<int&>);
    STATIC_REQUIRE_FALSE(Encodable<std::string_view>);
    STATIC_REQUIRE_FALSE(Encodable<std::span<int>>);
    STATIC_REQUIRE_FALSE(Encodable<std::vector<std::string_view>>);
    STATIC_REQUIRE_FALSE(Encodable<std::pair<int, void*>>);
    STATIC_REQUIRE_FALSE(Encodable<char>);
    STATIC_REQUIRE_FALSE(Encodable<long double>);
    STATIC_REQUIRE_FALSE(Encodable<Plain>);
    const auto lambda = [] {};
    STATIC_REQUIRE_FALSE(Encodable<decltype(lambda)>);
    STATIC_REQUIRE_FALSE(Encodable<std::shared_ptr<int>>);
}
