#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

// Waits until the test lets it go on.
struct Held {
    std::atomic<bool> go_on{false};
    Task<Response> operator()(Request&) {
        while (!go_on) {
            Sleep sleep{std::chrono::milliseconds(1)};
            co_await sleep;
        }
        co_return Response::text("finished");
    }
};

bool becomes_drained(const TestServer& server) {
    for (int i = 0; i < 5000 && !server.drained(); ++i) ::poll(nullptr, 0, 1);
    return server.drained();
}

}  // namespace

TEST_CASE("a drain ends idle connections, finishes requests and takes what is in the backlog") {
    Held held;
    TestServer server([&](Router& router) {
        add(router, Method::get, "/held", [&held](Request& request) { return held(request); });
        add(router, Method::get, "/", echo);
    });
    Client idle = server.connect();
    Client busy = server.connect();
    busy.send(get("/held"));
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    std::vector<Client> waiting;
    server.begin_drain([&] {  // the loop stands still, so these stay in the backlog
        for (int i = 0; i < 20; ++i) {
            waiting.push_back(server.connect());
            waiting.back().send(get("/"));
        }
    });
    CHECK(idle.read_all().empty());
    CHECK_FALSE(idle.was_reset());
    for (Client& client : waiting) {
        const std::string response = client.read_all();
        CHECK(status_of(response) == 200);
        CHECK_THAT(response, Contains("connection: close\r\n"));
    }
    CHECK_FALSE(server.drained());
    held.go_on = true;
    CHECK_THAT(busy.read_all(), Contains("connection: close\r\n") && Contains("finished"));
    {
        const Client closed = std::move(busy);
    }
    waiting.clear();
    CHECK(becomes_drained(server));
}

TEST_CASE("a lame duck still accepts and serves, but keeps no connection") {
    TestServer server([](Router& router) { add(router, Method::get, "/", echo); });
    Client before = server.connect();
    before.send(get("/"));
    CHECK_THAT(before.read_response(), !Contains("connection: close\r\n"));
    server.start_lame_duck();
    before.send(get("/"));
    CHECK_THAT(before.read_all(), Contains("HTTP/1.1 200 ") && Contains("connection: close\r\n"));
    Client after = server.connect();
    after.send(get("/"));
    CHECK_THAT(after.read_all(), Contains("HTTP/1.1 200 ") && Contains("connection: close\r\n"));
}

TEST_CASE("what is left after a drain is cancelled, answered with 503 and named") {
    Held held;
    TestServer server([&](Router& router) {
        add(router, Method::get, "/held/{x}", [&held](Request& request) { return held(request); });
    });
    Client client = server.connect();
    client.send(get("/held/1"));
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    server.begin_drain();
    CHECK(server.cancel_requests() == std::vector<std::string>{"/held/{x}"});
    CHECK(status_of(client.read_all()) == 503);
    {
        const Client closed = std::move(client);
    }
    CHECK(becomes_drained(server));
}

TEST_CASE("a client that keeps its socket open after its last answer does not hold up a drain") {
    Held held;
    ServerOptions options;
    options.linger = std::chrono::hours(1);
    TestServer server(
        [&](Router& router) {
            add(router, Method::get, "/held", [&held](Request& request) { return held(request); });
            add(router, Method::get, "/", echo);
        },
        options);
    Client early = server.connect();  // answered before the drain, still lingering in it
    early.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(status_of(early.read_all()) == 200);
    Client late = server.connect();
    late.send(get("/held"));
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    server.begin_drain();
    held.go_on = true;
    CHECK_THAT(late.read_all(), Contains("finished"));
    CHECK(becomes_drained(server));
    CHECK_FALSE(late.was_reset());
}

TEST_CASE("a client that still sends when a drain begins gets to read its last answer") {
    ServerOptions options;
    options.body_limit = 1000;
    TestServer server([](Router& router) { add(router, Method::post, "/", echo); }, options);
    Client client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    server.begin_drain();
    client.send(std::string(3000000, 'x'));
    CHECK(status_of(client.read_all()) == 413);
    CHECK_FALSE(client.was_reset());
    {
        const Client closed = std::move(client);
    }
    CHECK(becomes_drained(server));
}

TEST_CASE("a request that crosses the drain's begin is answered while others still are") {
    Held held;
    ServerOptions options;
    options.half_sent_silence = std::chrono::hours(1);
    TestServer server(
        [&](Router& router) {
            add(router, Method::get, "/held", [&held](Request& request) { return held(request); });
            add(router, Method::get, "/", echo);
        },
        options);
    Client slow = server.connect();
    slow.send(get("/held"));
    Client late = server.connect();
    late.send(get("/"));
    late.read_response();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    server.begin_drain();
    ::poll(nullptr, 0, 200);  // a client on a busy machine
    late.send(get("/"));
    CHECK_THAT(late.read_all(), Contains("HTTP/1.1 200 ") && Contains("connection: close\r\n"));
    held.go_on = true;
    CHECK_THAT(slow.read_all(), Contains("finished"));
    CHECK(becomes_drained(server));
}

TEST_CASE("a half-sent request does not hold up a drain") {
    ServerOptions options;
    options.half_sent_silence = std::chrono::milliseconds(100);
    TestServer server([](Router& router) { add(router, Method::post, "/", echo); }, options);
    Client head = server.connect();
    head.send("POST / HT");
    Client body = server.connect();
    body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel");
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    server.begin_drain();
    CHECK(head.read_all().empty());
    body.read_all();
    {
        const Client closed = std::move(body);
    }
    CHECK(becomes_drained(server));
}

TEST_CASE("a server can be stopped in the middle of everything") {
    Held held;
    Client idle = [&] {
        TestServer server([&](Router& router) {
            add(router, Method::get, "/held", [&held](Request& request) { return held(request); });
        });
        Client client = server.connect();
        Client busy = server.connect();
        busy.send(get("/held"));
        REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
        return client;
    }();
    CHECK(idle.read_all().empty());
}

TEST_CASE("a request whose body is still coming when the drain ends is 503, not cut in silence") {
    ServerOptions options;
    options.half_sent_silence = std::chrono::hours(1);
    options.max_buffered_bytes = 100000;
    options.budget_wait = std::chrono::hours(1);
    TestServer server(
        [](Router& router) { add(router, Method::post, "/{x}", echo).limits.body = 100000; },
        options);
    Client by_length = server.connect();
    by_length.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 80000\r\n\r\n");
    by_length.send(std::string(79999, 'x'));
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.buffered_bytes == 80000; }));
    Client without_room = server.connect();
    without_room.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n");
    Client in_chunks = server.connect();
    in_chunks.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe");
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 3; }));
    server.begin_drain();
    const std::vector<std::string> routes(3, "/{x}");
    CHECK(server.cancel_requests() == routes);
    CHECK(server.reaches([](const ServerStats& stats) {
        return stats.in_request == 0 && stats.buffered_bytes == 0;
    }));
    for (Client* const client : {&by_length, &without_room, &in_chunks}) {
        const std::string response = client->read_all();
        CHECK(status_of(response) == 503);
        CHECK_THAT(response, Contains("the service is stopping") && Contains("retry-after: "));
        CHECK_FALSE(client->was_reset());
        client->end();
    }
    CHECK(becomes_drained(server));
}

TEST_CASE("a head that is still coming when the drain ends is a request: 503, and it is named") {
    ServerOptions options;
    options.half_sent_silence = std::chrono::hours(1);
    TestServer server([](Router& router) { add(router, Method::get, "/", echo); }, options);
    Client head = server.connect();
    head.send("GET / HT");
    const Client idle = server.connect();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 2; }));
    ::poll(nullptr, 0, 20);
    server.begin_drain();
    head.send("TP/1.1\r\n");
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 1; }));
    CHECK(server.cancel_requests() == std::vector<std::string>{"none"});
    const std::string response = head.read_all();
    CHECK(status_of(response) == 503);
    CHECK_THAT(response, Contains("the service is stopping"));
    head.end();
    CHECK(becomes_drained(server));
    CHECK(server.cancel_requests().empty());
}
