#include <troika/http/message/path_parameters.hpp>

#include <catch2/catch.hpp>

#include <string>

using troika::http::PathParameters;

TEST_CASE("path parameters are found by name and by place") {
    PathParameters parameters;
    parameters.add("user", "ann");
    parameters.add("post", "");
    REQUIRE(parameters.size() == 2);
    CHECK(parameters.get("user") == "ann");
    CHECK(parameters.get("post") == "");
    CHECK(parameters.get("use") == std::nullopt);
    CHECK(parameters.name(1) == "post");
    CHECK(parameters.value(0) == "ann");
}

TEST_CASE("a value stays itself however many come after it") {
    PathParameters parameters;
    parameters.add("first", "value");
    for (int i = 0; i < 100; ++i) parameters.add("other", std::string(50, 'x'));
    CHECK(parameters.get("first") == "value");
    CHECK(parameters.value(100) == std::string(50, 'x'));
}

TEST_CASE("what a wrong turn has matched is taken back, and the next value takes its place") {
    PathParameters parameters;
    parameters.add("a", "one");
    parameters.add("b", "two");
    parameters.add("c", "three");
    parameters.truncate(1);
    CHECK(parameters.size() == 1);
    CHECK(parameters.get("b") == std::nullopt);
    parameters.add("d", "four");
    CHECK(parameters.get("a") == "one");
    CHECK(parameters.get("d") == "four");
    parameters.truncate(2);
    CHECK(parameters.size() == 2);
    parameters.clear();
    CHECK(parameters.size() == 0);
    CHECK(parameters.get("a") == std::nullopt);
}
