#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

namespace {

std::atomic<int> cancelled_by_client{0};
std::atomic<int> finished{0};

// Ends by being cancelled, or after a while.
Task<Response> wait_a_while(Request&) {
    try {
        Sleep sleep{std::chrono::milliseconds(600)};
        co_await sleep;
    } catch (const Cancelled& cancelled) {
        if (cancelled.reason == CancelReason::client_gone) ++cancelled_by_client;
        throw;
    }
    ++finished;
    co_return Response::text("done");
}

void configure(Router& router) {
    add(router, Method::get, "/wait", wait_a_while);
    add(router, Method::post, "/wait", wait_a_while);
    add(router, Method::get, "/turn", slow_echo);
}

bool becomes(const std::atomic<int>& counter, int value) {
    for (int i = 0; i < 5000 && counter != value; ++i) ::poll(nullptr, 0, 1);
    return counter == value;
}

}  // namespace

TEST_CASE("a GET whose client has gone is cancelled, a POST is finished") {
    cancelled_by_client = finished = 0;
    TestServer server(configure);
    {
        Client get = server.connect();
        get.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        Client post = server.connect();
        post.send("POST /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 2; }));
    }
    CHECK(becomes(cancelled_by_client, 1));
    CHECK(becomes(finished, 1));
    CHECK(cancelled_by_client == 1);
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}

TEST_CASE("a reset client is noticed as well") {
    cancelled_by_client = finished = 0;
    TestServer server(configure);
    Client get = server.connect();
    get.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    get.reset();
    CHECK(becomes(cancelled_by_client, 1));
}

TEST_CASE("a half-closed client gets an answer that takes no time") {
    TestServer server(configure);
    Client client = server.connect();
    client.send("GET /turn HTTP/1.1\r\nHost: a\r\n\r\n");
    client.end();
    CHECK(status_of(client.read_all()) == 200);
}
