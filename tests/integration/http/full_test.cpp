#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

TEST_CASE("above max_connections a client waits in the backlog until one of the others ends") {
    ServerOptions options;
    options.max_connections = 2;
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
