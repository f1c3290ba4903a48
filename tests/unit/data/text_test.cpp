#include <troika/data/base64.hpp>
#include <troika/data/nearest.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <random>

using namespace troika::data;

TEST_CASE("the vectors of RFC 4648 section 10 encode and decode") {
    const std::array<std::pair<std::string_view, std::string_view>, 7> vectors{
        {{"", ""},
         {"f", "Zg=="},
         {"fo", "Zm8="},
         {"foo", "Zm9v"},
         {"foob", "Zm9vYg=="},
         {"fooba", "Zm9vYmE="},
         {"foobar", "Zm9vYmFy"}}};
    for (const auto& [plain, encoded] : vectors) {
        const auto bytes = std::as_bytes(std::span(plain));
        CHECK(to_base64(bytes) == encoded);
        CHECK(from_base64(encoded) == std::vector<std::byte>(bytes.begin(), bytes.end()));
    }
}

TEST_CASE("base64 that is not canonical is refused") {
    for (const char* wrong :
         {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Zm 9v", "Zm-_"})
        CHECK_FALSE(from_base64(wrong));
}

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
