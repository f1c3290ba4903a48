#include <troika/http/message/request_id.hpp>

#include <catch2/catch.hpp>

#include <string>

using troika::http::RequestIdSource;

TEST_CASE("an id is 16 hex digits, a dash and a number that counts up") {
    RequestIdSource source;
    const std::string first = source.next();
    REQUIRE(first.size() == 23);
    CHECK(first.find_first_not_of("0123456789abcdef") == 16);
    CHECK(first.substr(16) == "-000001");
    CHECK(source.next() == first.substr(0, 16) + "-000002");
}

TEST_CASE("the number outgrows its six digits without repeating") {
    RequestIdSource source;
    std::string last;
    for (int i = 0; i < 1000000; ++i) last = source.next();
    CHECK(last.substr(16) == "-1000000");
}

TEST_CASE("two sources share no ids") {
    RequestIdSource one;
    RequestIdSource other;
    CHECK(one.next() != other.next());
}
