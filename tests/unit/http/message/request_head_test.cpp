#include <troika/base/error.hpp>
#include <troika/http/message/request_head.hpp>

#include <catch2/catch.hpp>

using troika::Method;
using troika::RequestHead;

TEST_CASE("a target is taken apart into path and query") {
    const RequestHead head(Method::get, "/a/b?c=d?e");
    CHECK(head.path() == "/a/b");
    CHECK(head.query() == "c=d?e");
    CHECK(RequestHead(Method::get, "/a?").query().empty());
}

TEST_CASE("the authority of an absolute target beats the Host field") {
    RequestHead head(Method::get, "http://real.example:8080/x?y=1");
    head.headers().add("host", "other.example");
    CHECK(head.host() == "real.example:8080");
    CHECK(head.path() == "/x");
    CHECK(head.query() == "y=1");
    const RequestHead bare(Method::get, "HTTP://real.example?q=1");
    CHECK(bare.path() == "/");
    CHECK(bare.query() == "q=1");
}

TEST_CASE("targets that cannot be routed are refused") {
    for (const char* target : {"", "a", "*", "ftp://host/x", "http:///x", "/../x", "/a?b c"}) {
        INFO(target);
        CHECK_THROWS_AS(RequestHead(Method::get, target), troika::Error);
    }
    CHECK(RequestHead(Method::options, "*").path() == "*");
}

TEST_CASE("a moved head keeps its parts") {
    RequestHead first(Method::get, "/a?b=c");
    first.headers().add("host", "h");
    const RequestHead second = std::move(first);
    CHECK(second.path() == "/a");
    CHECK(second.host() == "h");
}
