#include <troika/http/message/network.hpp>

#include <catch2/catch.hpp>

using namespace troika::http;

namespace {

bool has(const char* network, const char* address) {
    return Network::from_text(network).value().contains(Peer::from_text(address).value());
}

}  // namespace

TEST_CASE("a network has the addresses of its prefix and no others") {
    CHECK(has("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(has("10.0.0.0/8", "11.0.0.1"));
    CHECK(has("192.0.2.128/25", "192.0.2.200"));
    CHECK_FALSE(has("192.0.2.128/25", "192.0.2.127"));
    CHECK(has("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(has("192.0.2.1", "192.0.2.2"));
    CHECK(has("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(has("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(has("0.0.0.0/0", "203.0.113.9"));
    CHECK_FALSE(has("0.0.0.0/0", "::1"));
}

TEST_CASE("an IPv4 network is the same written as mapped into IPv6") {
    CHECK(Network::from_text("::ffff:10.0.0.0/104") == Network::from_text("10.0.0.0/8"));
    CHECK(Network::from_text("::ffff:a00:0/104") == Network::from_text("10.0.0.0/8"));
    CHECK(Network::from_text("::ffff:192.0.2.1") == Network::from_text("192.0.2.1"));
    CHECK(Network::from_text("::ffff:0:0/96") == Network::from_text("0.0.0.0/0"));
    CHECK(has("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(has("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK_FALSE(has("::/0", "::ffff:10.1.2.3"));
    for (const char* const text :
         {"::ffff:0:0/95", "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/129", "::ffff:10.0.0.1/104"}) {
        INFO(text);
        CHECK_FALSE(Network::from_text(text));
    }
}

TEST_CASE("unix is whoever has no address") {
    const Network local = Network::from_text("unix").value();
    CHECK(local.contains(Peer()));
    CHECK_FALSE(local.contains(Peer::from_text("127.0.0.1").value()));
    CHECK_FALSE(Network::from_text("127.0.0.1").value().contains(Peer()));
}

TEST_CASE("what is no network is refused, and so are bits beyond the prefix") {
    for (const char* const text :
         {"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/a", "10.0.0.0/-1", "10.0.0.1/8",
          "10.0.0.0:80", "[::1]", "::/129", "2001:db8::1/32", "localhost", "unix/8"}) {
        INFO(text);
        CHECK_FALSE(Network::from_text(text));
    }
}

TEST_CASE("a network's text is read back as the same network") {
    for (const char* const text : {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "unix", "::/0"}) {
        const Network network = Network::from_text(text).value();
        CHECK(Network::from_text(network.to_text()) == network);
    }
}
