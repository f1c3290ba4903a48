#include "json.hpp"

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/json_body.hpp>

#include <catch2/catch.hpp>

using namespace troika;

namespace {

struct Order {
    std::string item;
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(Order, (), (item, count))

Status status_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const HttpError& error) {
        return error.status();
    }
    return Status::ok;
}

}  // namespace

TEST_CASE("query parameters are decoded and converted") {
    const Request request(Method::get, "/list?limit=20&name=a+b%21&bad=%zz&big=99999999999");
    CHECK(request.query("name") == "a b!");
    CHECK(request.query<int>("limit") == 20);
    CHECK_FALSE(request.query<int>("absent"));
    CHECK(status_of([&] { (void)request.query("bad"); }) == Status::bad_request);
    CHECK(status_of([&] { (void)request.query<int>("name"); }) == Status::bad_request);
    CHECK(status_of([&] { (void)request.query<int>("big"); }) == Status::bad_request);
}

TEST_CASE("path parameters are found by name; one the route does not have is a bug") {
    Request request(Method::get, "/documents/17");
    request.parameters().add("id", "17");
    CHECK(request.parameter("id") == "17");
    CHECK(request.parameter<std::uint8_t>("id") == 17);
    CHECK_THROWS_WITH(request.parameter("name"), Catch::Contains("{name}"));
}

TEST_CASE("a JSON body is parsed; a wrong type is 415 and a wrong byte is 400") {
    Request request(Method::post, "/");
    request.body() = http::RequestBody(Bytes(R"({"a":[1,2]})"));
    CHECK(request.json()["a"][1] == 2);
    request.headers().set("content-type", "application/problem+json; charset=utf-8");
    CHECK(request.json().size() == 1);
    request.headers().set("content-type", "text/plain");
    CHECK(status_of([&] { (void)request.json(); }) == Status::unsupported_media_type);
    request.headers().remove("content-type");
    request.body() = http::RequestBody(Bytes(R"({"a":)"));
    CHECK(status_of([&] { (void)request.json(); }) == Status::bad_request);
}

TEST_CASE("a JSON body becomes a described struct; what does not fit is 422 and names the path") {
    Request request(Method::post, "/");
    request.body() = http::RequestBody(Bytes(R"({"item":"tea","count":3})"));
    CHECK(request.json<Order>().count == 3);
    request.body() = http::RequestBody(Bytes(R"({"item":"tea","count":"three"})"));
    CHECK(status_of([&] { (void)request.json<Order>(); }) == Status::unprocessable_content);
    CHECK_THROWS_WITH(request.json<Order>(), Catch::Contains("/count"));
    request.body() = http::RequestBody(Bytes("{"));
    CHECK(status_of([&] { (void)request.json<Order>(); }) == Status::bad_request);
}

TEST_CASE("a sensible request id is kept and any other is replaced") {
    http::RequestIdSource source;
    Request given(Method::get, "/");
    given.headers().add("x-request-id", "abc-123");
    CHECK(given.id() == "abc-123");

    Request odd(Method::get, "/");
    odd.set_id_source(source);
    odd.headers().add("x-request-id", "a\"b");
    CHECK(odd.id() != "a\"b");
    CHECK(odd.id() == odd.id());

    Request other(Method::get, "/");
    other.set_id_source(source);
    CHECK(other.id() != odd.id());
}

TEST_CASE("a recycled request shows nothing of the one before") {
    Request request(Method::post, "/a?b=c");
    request.headers().add("authorization", "secret");
    request.parameters().add("id", "1");
    request.body() = http::RequestBody(Bytes("body"));
    const std::string id(request.id());
    request.recycle();
    CHECK(request.headers().empty());
    CHECK(request.bytes().empty());
    CHECK(request.query("b") == std::nullopt);
    CHECK(request.parameters().size() == 0);
    CHECK(request.id() != id);
}

TEST_CASE("a memory file is a body like any other") {
    http::MemoryFile file("test");
    file.append("[1]");
    file.seal();
    Request request(Method::post, "/");
    request.body() = http::RequestBody(std::move(file));
    CHECK(request.bytes() == "[1]");
    CHECK(request.json()[0] == 1);
}
