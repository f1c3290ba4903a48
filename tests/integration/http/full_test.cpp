#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

bool has_answer(const Client& client) {
    pollfd answered{client.fd(), POLLIN, 0};
    return ::poll(&answered, 1, 5000) == 1;
}

}  // namespace

TEST_CASE("above max_connections a client waits in the backlog until one of the others ends") {
    ServerOptions options;
    options.max_connections = 2;
    options.idle_when_full = std::chrono::hours(1);
    TestServer server([](Router& router) { add(router, Method::get, "/", echo); }, options);
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    Client first = server.connect();
    Client second = server.connect();
    first.send(request);
    second.send(request);
    REQUIRE(status_of(first.read_response()) == 200);
    REQUIRE(status_of(second.read_response()) == 200);

    Client third = server.connect();
    third.send(request);
    for (int i = 0; i < 10; ++i) CHECK(server.stats().connections == 2);
    pollfd answered{third.fd(), POLLIN, 0};
    CHECK(::poll(&answered, 1, 0) == 0);
    first.end();
    CHECK(first.read_all().empty());
    CHECK(status_of(third.read_response()) == 200);
    CHECK(server.stats().connections == 2);
}

TEST_CASE("silent clients that have every connection make room, the longest idle one first") {
    constexpr std::size_t kMost = 5;
    ServerOptions options;
    options.max_connections = kMost;
    options.idle_when_full = std::chrono::milliseconds(50);
    Troubles troubles;
    TestServer server([](Router& router) { add(router, Method::get, "/", echo); }, options,
                      &troubles);
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    std::vector<Client> clients;
    for (std::size_t i = 0; i < kMost; ++i) {
        clients.push_back(server.connect());
        REQUIRE(
            server.reaches([i](const ServerStats& stats) { return stats.connections == i + 1; }));
    }
    ::poll(nullptr, 0, 5);
    clients[0].send(request);  // so that it is not the longest idle any more
    REQUIRE(status_of(clients[0].read_response()) == 200);

    Client probe = server.connect();
    probe.send(request);
    REQUIRE(has_answer(probe));
    CHECK(status_of(probe.read_response()) == 200);
    CHECK(clients[1].read_all().empty());
    CHECK_FALSE(clients[1].was_reset());
    CHECK(server.stats().connections == kMost);
    clients[0].send(request);
    CHECK(status_of(clients[0].read_response()) == 200);
    const std::vector<std::string> told = troubles.all();
    REQUIRE(told.size() == 1);
    CHECK_THAT(told[0], Contains("max_connections") && Contains("5"));
}

TEST_CASE("room is made only for somebody who waits, and not by those who are in a request") {
    ServerOptions options;
    options.max_connections = 2;
    options.idle_when_full = std::chrono::milliseconds(0);
    TestServer server([](Router& router) { add(router, Method::post, "/", echo); }, options);
    Client head = server.connect();
    head.send("POST / HT");
    Client body = server.connect();
    body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1");
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    Client third = server.connect();
    third.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    ::poll(nullptr, 0, 300);
    body.send("2");
    head.send("TP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    CHECK(status_of(head.read_response()) == 200);
    CHECK(status_of(body.read_response()) == 200);
    REQUIRE(has_answer(third));
    CHECK(status_of(third.read_response()) == 200);
}
