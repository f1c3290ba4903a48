#include <troika/http/message/method.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using http::method_from;

TEST_CASE("every method but unknown is found by its own name") {
    for (std::size_t i = 0; i + 1 < http::kMethodCount; ++i) {
        const auto method = static_cast<Method>(i);
        INFO(to_string(method));
        CHECK(method_from(to_string(method)) == method);
    }
    CHECK(to_string(Method::delete_) == "DELETE");
    CHECK(to_string(Method::unknown) == "UNKNOWN");
}

TEST_CASE("a method in another spelling is unknown") {
    for (const char* text : {"", "get", "Get", "GET ", "GETS", "GE", "PROPFIND"}) {
        INFO("'" << text << "'");
        CHECK(method_from(text) == Method::unknown);
    }
}

TEST_CASE("GET, HEAD, OPTIONS and TRACE are safe, what may change something is not") {
    for (const Method method : {Method::get, Method::head, Method::options, Method::trace})
        CHECK(is_safe(method));
    for (const Method method : {Method::post, Method::put, Method::delete_, Method::patch,
                                Method::connect, Method::unknown})
        CHECK_FALSE(is_safe(method));
}
