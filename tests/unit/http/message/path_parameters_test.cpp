#include <troika/http/message/path_parameters.hpp>

#include <catch2/catch.hpp>

using troika::http::PathParameters;

TEST_CASE("parameters are found by name and in their order, empty values too") {
    PathParameters parameters;
    parameters.add("id", "7");
    parameters.add("empty", "");
    parameters.add("rest", "a/b");
    REQUIRE(parameters.size() == 3);
    CHECK(parameters.name(2) == "rest");
    CHECK(parameters.value(2) == "a/b");
    CHECK(parameters.get("id") == "7");
    CHECK(parameters.get("empty") == "");
    CHECK(!parameters.get("ID"));
}

TEST_CASE(
    "truncating drops the later ones and their values, as a router that steps back needs it") {
    PathParameters parameters;
    parameters.add("one", "first");
    parameters.add("two", "second");
    parameters.truncate(5);
    CHECK(parameters.size() == 2);
    parameters.truncate(1);
    parameters.add("three", "third");
    CHECK(parameters.size() == 2);
    CHECK(parameters.get("one") == "first");
    CHECK(!parameters.get("two"));
    CHECK(parameters.get("three") == "third");
    parameters.clear();
    CHECK(parameters.size() == 0);
    CHECK(!parameters.get("one"));
}
