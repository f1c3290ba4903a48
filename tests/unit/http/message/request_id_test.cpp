#include <troika/http/message/request_id.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using troika::http::RequestIdSource;

TEST_CASE("ids of one source share their prefix and count up") {
    RequestIdSource source;
    const std::string first = source.next();
    const std::string second = source.next();
    REQUIRE(first.size() == 16 + 1 + 6);
    CHECK(first.ends_with("-000001"));
    CHECK(second.ends_with("-000002"));
    CHECK(first.substr(0, 16) == second.substr(0, 16));
    CHECK(std::all_of(first.begin(), first.begin() + 16,
                      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
}

TEST_CASE("two sources do not share their prefix") {
    RequestIdSource one;
    RequestIdSource other;
    CHECK(one.next().substr(0, 16) != other.next().substr(0, 16));
}
