#include "json.hpp"

#include <troika/base/error.hpp>
#include <troika/http/message/response.hpp>

#include <catch2/catch.hpp>

using namespace troika;

TEST_CASE("responses carry their status, type and bytes") {
    const Response text = Response::text("hello", Status::created);
    CHECK(text.status() == Status::created);
    CHECK(text.headers().get("content-type") == "text/plain; charset=utf-8");
    CHECK(text.body_view() == "hello");
    CHECK(Response::json({{"a", 1}}).body_view() == R"({"a":1})");
    const Response bytes = Response::bytes(Bytes("raw"), "application/octet-stream");
    CHECK(bytes.body_view() == "raw");
}

TEST_CASE("a string that is no UTF-8 does not turn a JSON answer into an error") {
    CHECK(Response::json("a\xff").body_view() == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("a field of a response cannot split it") {
    CHECK_THROWS_AS(Response::text("x").header("location", "/a\r\n\r\n<html>"), Error);
}
