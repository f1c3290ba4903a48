#include <troika/http/server/detail/forwarded.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace troika;
using namespace troika::http;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string seen(const Fields& fields) {
    Request request(Method::get, "/");
    request.set_peer(*Peer::from_text("10.0.0.1"));
    for (const auto& [name, value] : fields) request.headers().add(name, value);
    http::detail::take_forwarded(request, {*Network::from_text("10.0.0.0/8")});
    return request.peer().address() + " " + std::string(request.scheme());
}

}  // namespace

TEST_CASE("the last address that no trusted proxy has is the client's") {
    CHECK(seen({}) == "10.0.0.1 http");
    CHECK(seen({{"X-Forwarded-For", "203.0.113.7"}}) == "203.0.113.7 http");
    CHECK(seen({{"X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.0.0.2"}}) == "203.0.113.7 http");
    CHECK(seen({{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-For", "203.0.113.7"}}) ==
          "203.0.113.7 http");
    CHECK(seen({{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}) == "10.0.0.3 http");
}

TEST_CASE("an entry that is no address ends the list, and nobody before it is believed") {
    CHECK(seen({{"X-Forwarded-For", "203.0.113.7, unknown"}}) == "10.0.0.1 http");
    CHECK(seen({{"X-Forwarded-For", "203.0.113.7, junk, 10.0.0.2"}}) == "10.0.0.2 http");
    CHECK(seen({{"X-Forwarded-For", ", ,"}}) == "10.0.0.1 http");
}

TEST_CASE("X-Forwarded-Proto tells the scheme, the nearest proxy's word first") {
    CHECK(seen({{"X-Forwarded-Proto", "https"}}) == "10.0.0.1 https");
    CHECK(seen({{"X-Forwarded-Proto", "https, http"}}) == "10.0.0.1 http");
    CHECK(seen({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}}) == "10.0.0.1 http");
    CHECK(seen({{"X-Forwarded-For", "203.0.113.7"}, {"X-Forwarded-Proto", "HTTPS"}}) ==
          "203.0.113.7 https");
}

TEST_CASE("Forwarded is read where it is there alone") {
    CHECK(seen({{"Forwarded", "for=203.0.113.7;proto=https;by=10.0.0.1"}}) == "203.0.113.7 https");
    CHECK(seen({{"Forwarded", "for=198.51.100.1, For=\"[2001:db8::1]:4711\" ; Proto=http"}}) ==
          "2001:db8::1 http");
    CHECK(seen({{"Forwarded", "for=203.0.113.7;proto=https, for=10.0.0.9;proto=http"}}) ==
          "203.0.113.7 https");
    CHECK(seen({{"Forwarded", "for=_secret"}}) == "10.0.0.1 http");
}

TEST_CASE("where both families are there neither is believed: one of them is the client's own") {
    CHECK(seen({{"Forwarded", "for=1.2.3.4;proto=https"}, {"X-Forwarded-For", "203.0.113.7"}}) ==
          "10.0.0.1 http");
    CHECK(seen({{"X-Forwarded-Proto", "http"}, {"Forwarded", "for=1.2.3.4;proto=https"}}) ==
          "10.0.0.1 http");
}

TEST_CASE("an IPv4 hop is the same address mapped into IPv6") {
    CHECK(seen({{"X-Forwarded-For", "203.0.113.7, ::ffff:10.0.0.2"}}) == "203.0.113.7 http");
    CHECK(seen({{"X-Forwarded-For", "::ffff:203.0.113.7"}}) == "203.0.113.7 http");
    CHECK(seen({{"Forwarded", "for=203.0.113.7, for=\"[::ffff:a00:2]:99\""}}) ==
          "203.0.113.7 http");
}
