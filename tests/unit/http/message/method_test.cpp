#include <troika/http/message/method.hpp>

#include <catch2/catch.hpp>

using namespace troika;

TEST_CASE("a method's name leads back to it") {
    for (std::size_t i = 0; i + 1 < http::kMethodCount; ++i) {
        const auto method = static_cast<Method>(i);
        CHECK(http::method_from(http::to_string(method)) == method);
    }
    CHECK(http::to_string(Method::delete_) == "DELETE");
    CHECK(http::to_string(Method::unknown) == "UNKNOWN");
}

TEST_CASE("other tokens, other cases and the name of unknown itself are unknown methods") {
    for (const char* text : {"BREW", "get", "GETX", "", "UNKNOWN"})
        CHECK(http::method_from(text) == Method::unknown);
}

TEST_CASE("only GET, HEAD, OPTIONS and TRACE are safe") {
    std::size_t safe = 0;
    for (std::size_t i = 0; i < http::kMethodCount; ++i)
        safe += http::is_safe(static_cast<Method>(i)) ? 1 : 0;
    CHECK(safe == 4);
    CHECK(http::is_safe(Method::head));
    CHECK(!http::is_safe(Method::delete_));
}
