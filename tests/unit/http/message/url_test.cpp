#include <troika/http/message/url.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika::http;

TEST_CASE("a segment is decoded, with plus left alone") {
    CHECK(decode_segment("a%20b+c") == "a b+c");
    CHECK(decode_segment("%e4%bd%a0") == "\xe4\xbd\xa0");
    CHECK(decode_segment("a%2Fb") == "a/b");
}

TEST_CASE("malformed escapes, NUL and what is no UTF-8 are refused") {
    for (const std::string_view raw : {"%", "%4", "%zz", "a%00b", "%ff", "%c0%af", "%e0%80%af",
                                       "%ed%a0%80", "%f4%90%80%80", "%e4%bd", "%80"}) {
        INFO(raw);
        CHECK_FALSE(decode_segment(raw));
    }
}

TEST_CASE("dot segments are refused in every spelling") {
    for (const std::string_view path :
         {"/..", "/a/../b", "/.", "/a/.", "/%2e%2e", "/a/%2e%2E/b", "/x%2f..%2fy", "/..%2f"}) {
        INFO(path);
        CHECK_FALSE(is_routable_path(path));
    }
    for (const std::string_view path : {"/", "/...", "/.well-known/x", "/a..b", "/a/b.", "/a//b"}) {
        INFO(path);
        CHECK(is_routable_path(path));
    }
}

TEST_CASE("a path begins with a slash and is printable ASCII") {
    CHECK_FALSE(is_routable_path(""));
    CHECK_FALSE(is_routable_path("a"));
    CHECK_FALSE(is_routable_path("/a b"));
    CHECK_FALSE(is_routable_path("/\xc3\xa4"));
    CHECK_FALSE(is_routable_path("/a\x7f"));
}

TEST_CASE("a query is searched by decoded name and the first pair wins") {
    CHECK(find_in_query("a=1&b=2&a=3", "a") == "1");
    CHECK(find_in_query("a=1&%62=2", "b") == "2");
    CHECK(find_in_query("flag&a=", "flag") == "");
    CHECK_FALSE(find_in_query("ab=1", "a"));
    CHECK_FALSE(find_in_query("", "a"));
    CHECK(decode_query("a+b%2B") == "a b+");
}

TEST_CASE("an encoded segment decodes to itself") {
    const std::string text = "a/b c%?\xe4\xbd\xa0~";
    CHECK(encode_segment(text) == "a%2Fb%20c%25%3F%E4%BD%A0~");
    CHECK(decode_segment(encode_segment(text)) == text);
}
