#include "../support.hpp"

#include <troika/app/detail/process_call.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/workers/remote_error.hpp>

#include <netinet/in.h>

using namespace troika;
using namespace troika::detail;
using namespace app_checks;

namespace {

Response shout(const Request& request) {
    return Response::text(std::string(request.bytes()) + "!", Status::created);
}

http::Peer peer_from(const char* text) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(4711);
    address.sin_addr.s_addr = htonl(0xc0000201);
    CHECK(std::string(text) == "192.0.2.1");
    return http::Peer(reinterpret_cast<const sockaddr&>(address));
}

}  // namespace

TEST_CASE("a request that was packed and unpacked is the same request") {
    Request request(Method::post, "/a%20b/7?x=1");
    request.headers().add("Host", "shop");
    request.headers().add("X-Many", "1");
    request.headers().add("X-Many", "\xff\xfe");
    request.parameters().add("name", "a b");
    request.parameters().add("id", "7");
    request.set_peer(peer_from("192.0.2.1"));
    request.set_id("r-1");
    request.body() = http::RequestBody(http::Bytes(std::string_view("a\0b", 3)));
    const UnpackedRequest unpacked = unpack_request(pack_request(request));
    const Request& copy = unpacked.request;
    CHECK(copy.method() == Method::post);
    CHECK(copy.target() == "/a%20b/7?x=1");
    CHECK(copy.host() == "shop");
    CHECK(copy.headers().count("x-many") == 2);
    CHECK(copy.headers()[2].value == "\xff\xfe");
    CHECK(copy.parameter("name") == "a b");
    CHECK(copy.parameter<int>("id") == 7);
    CHECK(copy.peer().address() == "192.0.2.1");
    CHECK(copy.peer().port() == 4711);
    CHECK(copy.id() == "r-1");
    CHECK(copy.bytes() == std::string_view("a\0b", 3));
}

TEST_CASE("an unpacked request may be moved, its parameters stay readable") {
    Request request(Method::get, "/x");
    request.parameters().add("name", "value");
    UnpackedRequest unpacked = unpack_request(pack_request(request));
    const UnpackedRequest moved = std::move(unpacked);
    CHECK(moved.request.parameter("name") == "value");
    CHECK(moved.request.body().empty());
}

TEST_CASE("a body in a memory file travels as that file, not as a copy") {
    http::MemoryFile file("body");
    file.append("large");
    file.seal();
    const int descriptor = file.fd();
    Request request(Method::post, "/");
    request.body() = http::RequestBody(std::move(file));
    workers::Parcel parcel = pack_request(request);
    CHECK(parcel.body.memory_file() == descriptor);
    const UnpackedRequest unpacked = unpack_request(std::move(parcel));
    CHECK(unpacked.request.bytes() == "large");
}

TEST_CASE("the job of a handler calls it and carries its answer") {
    Request request(Method::post, "/shout");
    request.body() = http::RequestBody(http::Bytes("hello"));
    const workers::JobRef job = handler_job("/shout", &shout);
    CHECK(job.name == "/shout");
    const Response response = unpack_response(job.run(job.function, pack_request(request)));
    CHECK(response.status() == Status::created);
    CHECK(response.headers().get("content-type") == "text/plain; charset=utf-8");
    CHECK(response.body_view() == "hello!");
}

TEST_CASE("a response with repeated fields, shared bytes or no body travels whole") {
    Response response = Response::shared({nullptr, "for ever"}, "text/plain");
    response.headers().add("Set-Cookie", "a=1");
    response.headers().add("Set-Cookie", "b=2");
    const Response copy = unpack_response(pack_response(std::move(response)));
    CHECK(copy.headers().count("set-cookie") == 2);
    CHECK(copy.body_view() == "for ever");
    const Response empty = unpack_response(pack_response(Response::no_content()));
    CHECK(empty.status() == Status::no_content);
    CHECK(std::holds_alternative<std::monostate>(empty.body()));
}

TEST_CASE("a file, stream or upgrade from a worker is refused, saying what to do") {
    for (int kind = 0; kind < 2; ++kind) {
        const std::string error = error_of([&] {
            Response response =
                kind == 0 ? Response::file({}, "text/plain")
                          : Response::upgrade("x", [](http::Upgraded&) -> Task<> { co_return; });
            (void)pack_response(std::move(response));
        });
        CHECK(error.find("co_await to_process") != std::string::npos);
    }
}

TEST_CASE("an HttpError crosses the process border as itself") {
    const HttpError error =
        HttpError(Status::conflict, "taken").with_type("name-taken").with_header("X-Name", "ada");
    const workers::ErrorData data = workers::describe(error);
    CHECK(data.kind == "http");
    try {
        workers::rethrow_remote("/names", workers::decode_error(workers::encode_error(data)));
    } catch (const HttpError& copy) {
        CHECK(copy.status() == Status::conflict);
        CHECK(copy.type() == "name-taken");
        CHECK(std::string(copy.what()) == "taken");
        CHECK(copy.headers().get("x-name") == "ada");
    }
    CHECK_THROWS_AS(workers::rethrow_remote("/names", data), HttpError);
}
