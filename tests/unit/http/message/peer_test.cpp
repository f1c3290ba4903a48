#include <troika/http/message/peer.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>

using troika::http::Peer;

TEST_CASE("a peer says its IPv4 or IPv6 address and its port") {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(8080);
    ::inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
    const Peer four(reinterpret_cast<const sockaddr&>(v4));
    CHECK(four.address() == "192.0.2.1");
    CHECK(four.port() == 8080);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(65535);
    ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
    const Peer six(reinterpret_cast<const sockaddr&>(v6));
    CHECK(six.address() == "2001:db8::1");
    CHECK(six.port() == 65535);
}

TEST_CASE("who came over no network is local") {
    CHECK(Peer().address() == "local");
    CHECK(Peer().port() == 0);
    sockaddr unix_address{};
    unix_address.sa_family = AF_UNIX;
    CHECK(Peer(unix_address).address() == "local");
}
