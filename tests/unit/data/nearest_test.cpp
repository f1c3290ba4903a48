#include <troika/data/nearest.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace troika::data;

TEST_CASE("the nearest name forgives a slip, not a different word") {
    const std::array<std::string_view, 3> known{"port", "host", "backlog"};
    CHECK(nearest("prot", known) == "port");
    CHECK(nearest("bcklog", known) == "backlog");
    CHECK(nearest("hosts", known) == "host");
    CHECK(nearest("colour", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest(std::string(100'000, 'a'), known).empty());
}

TEST_CASE("quoted text is short and harmless") {
    CHECK(excerpt("a\r\n\x1b[31m\xff") == R"("a\x0d\x0a\x1b[31m\xff")");
    CHECK(excerpt(std::string(50, 'x')) == "\"" + std::string(40, 'x') + "...\"");
}
