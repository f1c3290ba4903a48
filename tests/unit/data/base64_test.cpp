#include <troika/data/base64.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string_view>

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
