#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

// Bodies nobody wants, or not all of them: what was promised about the connection is kept.
namespace {

constexpr std::size_t kRead = 1000 * 1024;

Task<Response> read_most(Request& request) {
    std::size_t read = 0;
    while (read < kRead) {
        Task<std::optional<std::string_view>> next = request.stream().next();
        const std::optional<std::string_view> piece = co_await std::move(next);
        if (!piece) break;
        read += piece->size();
    }
    co_return Response::text("enough");
}

void unread_bodies_routes(Router& router) {
    add(router, Method::get, "/", echo);
    Endpoint& most = add(router, Method::post, "/most", read_most);
    most.body = BodyMode::stream;
    most.limits.body = 2 * kRead;
}

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kChunked = " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kFive = "5\r\nhello\r\n0\r\n\r\n";

}  // namespace

TEST_CASE("behind a body in chunks that nobody wants the next request is answered") {
    const auto [request, status] =
        GENERATE(table<std::string, int>({{"POST /nope", 404}, {"POST /", 405}, {"BREW /", 501}}));
    CAPTURE(request);
    TestServer server(unread_bodies_routes);
    Client client = server.connect();
    client.send(request + kChunked + kFive + kGet);
    const std::string refused = client.read_response();
    CHECK(status_of(refused) == status);
    CHECK_THAT(refused, !Contains("connection: close"));
    CHECK(status_of(client.read_response()) == 200);
    client.send(request + kChunked);
    CHECK(status_of(client.read_response()) == status);
    client.send(kFive);
    client.send(kGet);
    CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("a body in chunks that nobody wants is not skipped at any length") {
    ServerOptions options;
    options.discard_limit = 1000;
    TestServer server(unread_bodies_routes, options);
    Client client = server.connect();
    client.send("POST /nope" + kChunked + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n" +
                kGet);
    CHECK(status_of(client.read_response()) == 404);
    CHECK(client.read_response() == "ended: ");
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("a client that falls silent in a body nobody wants is not answered twice") {
    ServerOptions options;
    options.head_timeout = 200ms;
    Limits limits;
    TestServer server(unread_bodies_routes, options, &limits);
    Client client = server.connect();
    client.send("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n0123456789");
    CHECK(status_of(client.read_response()) == 404);
    CHECK(client.read_response() == "ended: ");
    CHECK_FALSE(client.was_reset());
    CHECK(limits.of(Limit::body_time) == 1);
    CHECK(limits.of(Limit::head_time) == 0);
}

TEST_CASE("what a handler has read of a body is not counted as skipped") {
    TestServer server(unread_bodies_routes);
    Client client = server.connect();
    const std::string rest(100 * 1024, 'x');
    client.send("POST /most HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                std::to_string(kRead + rest.size()) + "\r\n\r\n" + std::string(kRead, 'x'));
    const std::string answer = client.read_response();
    CHECK(status_of(answer) == 200);
    CHECK_THAT(answer, !Contains("connection: close"));
    client.send(rest + kGet);
    CHECK(status_of(client.read_response()) == 200);
}
