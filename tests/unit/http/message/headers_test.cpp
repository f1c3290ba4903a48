#include <troika/base/error.hpp>
#include <troika/http/message/headers.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using troika::Headers;

TEST_CASE("names are found whatever their case") {
    Headers headers;
    headers.add("Content-Type", "text/plain");
    CHECK(headers.get("content-type") == "text/plain");
    CHECK(headers.get("CONTENT-TYPE") == "text/plain");
    CHECK_FALSE(headers.get("content-typ"));
}

TEST_CASE("repeated fields stay apart and in order") {
    Headers headers;
    headers.add("set-cookie", "a=1");
    headers.add("x", "between");
    headers.add("Set-Cookie", "b=2");
    REQUIRE(headers.size() == 3);
    CHECK(headers[0].value == "a=1");
    CHECK(headers[2].value == "b=2");
    CHECK(headers.count("SET-COOKIE") == 2);
    headers.remove("set-cookie");
    REQUIRE(headers.size() == 1);
    CHECK(headers[0].name == "x");
}

TEST_CASE("set replaces every field of the name, also by a view into the same headers") {
    Headers headers;
    headers.add("a", "one");
    headers.add("b", "two");
    headers.add("A", "three");
    headers.set("a", *headers.get("b"));
    CHECK(headers.count("a") == 1);
    CHECK(headers.get("a") == "two");
    for (int i = 0; i < 200; ++i) headers.add("copy", headers[0].value);
    CHECK(headers[200].value == "two");
}

TEST_CASE("CR, LF and NUL in a value are refused with the field's name") {
    Headers headers;
    const std::string nul("a\0b", 3);
    CHECK_THROWS_WITH(headers.add("location", "/x\r\nset-cookie: a=b"), Contains("'location'"));
    CHECK_THROWS_WITH(headers.set("x-name", "a\nb"),
                      Contains("'x-name'") && Contains("position 1"));
    CHECK_THROWS_AS(headers.add("x", nul), troika::Error);
    CHECK(headers.empty());
}

TEST_CASE("a name that is no token is refused") {
    Headers headers;
    CHECK_THROWS_AS(headers.add("", "v"), troika::Error);
    CHECK_THROWS_AS(headers.add("a b", "v"), troika::Error);
    CHECK_THROWS_AS(headers.add("a:", "v"), troika::Error);
    CHECK_THROWS_AS(headers.add("a\r\nb", "v"), troika::Error);
}

TEST_CASE("moving headers keeps their fields") {
    Headers first;
    first.add("a", "b");
    const Headers second = std::move(first);
    CHECK(second.get("a") == "b");
}

TEST_CASE("a list is read over all its fields") {
    Headers headers;
    headers.add("connection", "keep-alive, Upgrade");
    headers.add("Connection", " close ");
    CHECK(list_contains(headers, "connection", "upgrade"));
    CHECK(list_contains(headers, "connection", "close"));
    CHECK_FALSE(list_contains(headers, "connection", "clos"));
}

TEST_CASE("a literal first field is a field like any other") {
    Headers headers;
    headers.start_with_literals("content-type", "text/plain");
    headers.add("a", "b");
    REQUIRE(headers.size() == 2);
    CHECK(headers[0].value == "text/plain");
    CHECK(headers[1].name == "a");
    CHECK(headers.get("Content-Type") == "text/plain");
    CHECK(headers.count("content-type") == 1);
    headers.set("content-type", "text/html");
    CHECK(headers.count("content-type") == 1);
    CHECK(headers.get("content-type") == "text/html");
    headers.clear();
    CHECK(headers.empty());
}
