#include <troika/http/message/peer.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

using troika::http::Peer;

TEST_CASE("a peer of IPv4 has its dotted address and port") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(51234);
    REQUIRE(::inet_pton(AF_INET, "192.0.2.7", &address.sin_addr) == 1);
    const Peer peer(reinterpret_cast<const sockaddr&>(address));
    CHECK(peer.address() == "192.0.2.7");
    CHECK(peer.port() == 51234);
}

TEST_CASE("a peer of IPv6 has its shortest address and port") {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(443);
    REQUIRE(::inet_pton(AF_INET6, "2001:db8:0:0:0:0:0:1", &address.sin6_addr) == 1);
    const Peer peer(reinterpret_cast<const sockaddr&>(address));
    CHECK(peer.address() == "2001:db8::1");
    CHECK(peer.port() == 443);
}

TEST_CASE("a peer of IPv4 that came to an IPv6 socket has its dotted address") {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(80);
    REQUIRE(::inet_pton(AF_INET6, "::ffff:192.0.2.7", &address.sin6_addr) == 1);
    const Peer peer(reinterpret_cast<const sockaddr&>(address));
    CHECK(peer.address() == "192.0.2.7");
    CHECK(peer.port() == 80);
}

TEST_CASE("a peer that came over no network is local") {
    CHECK(Peer().address() == "local");
    CHECK(Peer().port() == 0);
    sockaddr_storage other{};
    other.ss_family = AF_UNIX;
    CHECK(Peer(reinterpret_cast<const sockaddr&>(other)).address() == "local");
}

TEST_CASE("an address is read with and without its port") {
    const auto text = [](const char* from) {
        const auto peer = troika::http::Peer::from_text(from);
        return peer ? peer->address() + " " + std::to_string(peer->port()) : std::string("none");
    };
    CHECK(text("192.0.2.1") == "192.0.2.1 0");
    CHECK(text("192.0.2.1:80") == "192.0.2.1 80");
    CHECK(text("2001:db8::1") == "2001:db8::1 0");
    CHECK(text("[2001:db8::1]") == "2001:db8::1 0");
    CHECK(text("[2001:db8::1]:8080") == "2001:db8::1 8080");
    CHECK(text("::ffff:192.0.2.1") == "192.0.2.1 0");
    for (const char* const wrong :
         {"", "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x", "[::1]x",
          "[::1", "[192.0.2.1]", "[::1]:", "1.2.3"}) {
        INFO(wrong);
        CHECK(text(wrong) == "none");
    }
}
