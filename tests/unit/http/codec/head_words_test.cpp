#include <troika/http/codec/detail/head_words.hpp>

#include <catch2/catch.hpp>

using namespace troika::http::detail;
using troika::http::Method;

TEST_CASE("methods that are not ours are unknown") {
    CHECK(method_of(boost::beast::http::verb::get) == Method::get);
    CHECK(method_of(boost::beast::http::verb::delete_) == Method::delete_);
    CHECK(method_of(boost::beast::http::verb::propfind) == Method::unknown);
    CHECK(method_of(boost::beast::http::verb::unknown) == Method::unknown);
}

TEST_CASE("a host is a name or an address with perhaps a port") {
    for (const char* const host :
         {"", "a", "a:80", "a:", "192.0.2.1", "[::1]", "[::1]:80", "a_b"}) {
        INFO(host);
        CHECK(is_host(host));
    }
    for (const char* const host :
         {"a b", "u@a", "a:x", "a:80:80", "[::1", "[::1]x", "a/b", "a,b", "a:123456"}) {
        INFO(host);
        CHECK_FALSE(is_host(host));
    }
}

TEST_CASE("line ends are CR LF and nothing else") {
    for (const char* const text : {"", "a", "a\r\n", "a\r\n\r\nb", "a\r"})
        CHECK_FALSE(has_odd_line_end(text));
    for (const char* const text : {"\n", "a\n", "a\r\n\n", "a\rb", "a\r\r\n", "\r\r"})
        CHECK(has_odd_line_end(text));
}
