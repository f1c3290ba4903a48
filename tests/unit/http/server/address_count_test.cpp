#include <troika/http/server/detail/address_count.hpp>

#include <catch2/catch.hpp>

using namespace troika::http;
using troika::http::detail::AddressCount;

namespace {
Peer at(const char* address) { return Peer::from_text(address).value(); }
}  // namespace

TEST_CASE("each address has so many connections, and gets one back with each that ends") {
    AddressCount count;
    CHECK(count.enter(at("192.0.2.1"), 2));
    CHECK(count.enter(at("192.0.2.1:80"), 2));
    CHECK_FALSE(count.enter(at("192.0.2.1"), 2));
    CHECK(count.enter(at("192.0.2.2"), 2));
    count.leave(at("192.0.2.1"));
    CHECK(count.enter(at("192.0.2.1"), 2));
    CHECK(count.addresses() == 2);
    count.leave(at("192.0.2.2"));
    CHECK(count.addresses() == 1);
}

TEST_CASE("IPv4 clients of an IPv6 socket are counted each by its own address, not as one /64") {
    AddressCount count;
    CHECK(count.enter(at("::ffff:192.0.2.1"), 1));
    CHECK(count.enter(at("::ffff:192.0.2.2"), 1));
    CHECK_FALSE(count.enter(at("192.0.2.1"), 1));
    count.leave(at("192.0.2.1"));
    CHECK(count.addresses() == 1);
}

TEST_CASE("an IPv6 client is its /64, and a unix socket is not counted") {
    AddressCount count;
    CHECK(count.enter(at("2001:db8:0:1::1"), 1));
    CHECK_FALSE(count.enter(at("2001:db8:0:1:ffff::2"), 1));
    CHECK(count.enter(at("2001:db8:0:2::1"), 1));
    CHECK(count.enter(Peer(), 1));
    CHECK(count.enter(Peer(), 1));
    count.leave(Peer());
    CHECK(count.addresses() == 2);
}
