#include "test_server.hpp"

#include <troika/base/error.hpp>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

bool has_ipv6() {
    try {
        (void)open_listener({.address = "::1", .port = 0});
        return true;
    } catch (const IoError& error) {
        WARN("skipped, this machine has no IPv6: " << error.what());
        return false;
    }
}

void ipv6_routes(Router& router) {
    add(router, Method::get, "/peer", [](Request& request) -> Task<Response> {
        co_return Response::text(request.peer().address());
    });
}

std::string get_peer(std::uint16_t port, const std::string& host) {
    return "GET /peer HTTP/1.1\r\nHost: " + host + ":" + std::to_string(port) +
           "\r\nConnection: close\r\n\r\n";
}

}  // namespace

TEST_CASE("an IPv6 address is listened on, and its clients and their Host are known") {
    if (!has_ipv6()) return;
    TestServer server(ipv6_routes, {}, nullptr, "::1");
    for (const char* host : {"[::1]", "[0:0:0:0:0:0:0:1]", "localhost"}) {
        Client client(server.port(), AF_INET6);
        client.send(get_peer(server.port(), host));
        const std::string response = client.read_all();
        CHECK(status_of(response) == 200);
        CHECK(body_of(response) == "::1");
    }
    Client wrong(server.port(), AF_INET6);
    wrong.send(get_peer(server.port(), "[::1"));
    CHECK(status_of(wrong.read_all()) == 400);
}

TEST_CASE("the unspecified IPv6 address takes clients of both kinds") {
    if (!has_ipv6()) return;
    TestServer server(ipv6_routes, {}, nullptr, "::");
    Client v6(server.port(), AF_INET6);
    v6.send(get_peer(server.port(), "[::1]"));
    CHECK(body_of(v6.read_all()) == "::1");
    Client v4(server.port());
    v4.send(get_peer(server.port(), "127.0.0.1"));
    CHECK(body_of(v4.read_all()) == "127.0.0.1");
}

TEST_CASE("on the unspecified IPv6 address IPv4 clients are trusted and counted as what they are") {
    if (!has_ipv6()) return;
    ServerOptions options;
    options.trusted_proxies = {*Network::from_text("127.0.0.1")};
    options.connections_per_address = 1;
    TestServer server(ipv6_routes, options, nullptr, "::");
    const std::string forwarded =
        "GET /peer HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n";
    Client trusted(server.port());
    trusted.send(forwarded);
    CHECK(body_of(trusted.read_response()) == "203.0.113.7");
    Client same(server.port());
    CHECK(status_of(same.read_all()) == 503);
    Client other(server.port(), AF_INET, INADDR_LOOPBACK + 1);
    other.send(forwarded);
    CHECK(body_of(other.read_response()) == "127.0.0.2");
    Client v6(server.port(), AF_INET6);
    v6.send(forwarded);
    CHECK(body_of(v6.read_response()) == "::1");
}
