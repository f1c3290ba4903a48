#include <troika/http/message/client_key.hpp>

#include <catch2/catch.hpp>

using namespace troika::http;

namespace {
ClientKey key_of(const char* address) { return ClientKey(Peer::from_text(address).value()); }
}  // namespace

TEST_CASE("a client is an IPv4 address, or the /64 of an IPv6 one, whatever its port") {
    CHECK(key_of("192.0.2.1") == key_of("192.0.2.1:80"));
    CHECK_FALSE(key_of("192.0.2.1") == key_of("192.0.2.2"));
    CHECK(key_of("2001:db8:0:1::1") == key_of("[2001:db8:0:1:ffff::2]:80"));
    CHECK_FALSE(key_of("2001:db8:0:1::1") == key_of("2001:db8:0:2::1"));
    CHECK(ClientKey::Hash{}(key_of("192.0.2.1")) == ClientKey::Hash{}(key_of("192.0.2.1:80")));
}

TEST_CASE("a client of which only the beginning is alike is another one") {
    CHECK_FALSE(key_of("0.0.0.0") == key_of("::"));
    CHECK_FALSE(key_of("0.0.0.0") == ClientKey(Peer()));
}

TEST_CASE("who comes over no network is local") {
    CHECK(ClientKey(Peer()).is_local());
    CHECK_FALSE(key_of("::1").is_local());
}
