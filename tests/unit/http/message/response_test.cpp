#include <troika/http/message/problem.hpp>
#include <troika/http/message/response.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

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

TEST_CASE("a problem says type, title, status, detail and request id") {
    const HttpError error = HttpError(Status::conflict, "already there")
                                .with_type("duplicate")
                                .with_header("retry-after", "1");
    const Response response = http::problem(error, "id-1");
    CHECK(response.status() == Status::conflict);
    CHECK(response.headers().get("content-type") == "application/problem+json");
    CHECK(response.headers().get("retry-after") == "1");
    const auto document = nlohmann::json::parse(response.body_view());
    CHECK(document["type"] == "urn:problem:duplicate");
    CHECK(document["title"] == "Conflict");
    CHECK(document["status"] == 409);
    CHECK(document["detail"] == "already there");
    CHECK(document["request_id"] == "id-1");
}
