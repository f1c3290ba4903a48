#include "tasks.hpp"

#include <troika/http/middleware/detail/client_buckets.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace troika;
using namespace std::chrono_literals;
using http::Peer;
using http::detail::ClientBuckets;
using troika::testing::now;

namespace {

Peer peer(const std::string& text) { return Peer::from_text(text).value(); }
Peer numbered(int number) {
    return peer("10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256));
}
}  // namespace

ASYNC_TEST_CASE("each IPv4 address has a bucket of its own, each /64 of IPv6 too") {
    ClientBuckets buckets(1, 2, 100);
    const auto of = [&](const std::string& text) {
        auto bucket = buckets.of(peer(text), now());
        bucket->try_take();  // one that is full would be forgotten
        return bucket;
    };
    CHECK(of("192.0.2.1:80") == of("192.0.2.1:81"));
    CHECK(of("192.0.2.1") != of("192.0.2.2"));
    CHECK(of("2001:db8:0:1::1") == of("2001:db8:0:1:ffff::2"));
    CHECK(of("2001:db8:0:1::1") != of("2001:db8:0:2::1"));
    CHECK(buckets.of(Peer(), now()) == buckets.of(Peer(), now()));  // who comes over no network
    CHECK(buckets.size() == 5);
    co_return;
}

ASYNC_TEST_CASE("a flood of addresses keeps no more buckets than there may be") {
    ClientBuckets buckets(1, 1, 100);
    for (int i = 0; i < 10'000; ++i) {
        const auto bucket = buckets.of(numbered(i), now());
        bucket->try_take();
    }
    CHECK(buckets.size() == 100);
    // The latest are remembered with what they owe, the earliest is as new.
    CHECK_FALSE(buckets.of(numbered(9'999), now())->try_take());
    CHECK(buckets.of(numbered(0), now())->try_take());
    co_return;
}

ASYNC_TEST_CASE("clients that have left are forgotten while others come, those that owe are not") {
    ClientBuckets buckets(1, 5, 1'000);
    for (int i = 0; i < 500; ++i) buckets.of(numbered(i), now())->try_take();
    CHECK(buckets.size() == 500);
    co_await sleep_for(2s);
    for (int i = 0; i < 5; ++i) buckets.of(numbered(7), now())->try_take();
    for (int i = 0; i < 500; ++i) {
        buckets.of(numbered(1'000 + i), now())->try_take();
        CHECK_FALSE(buckets.of(numbered(7), now())->try_take());
    }
    CHECK(buckets.size() == 501);
}

ASYNC_TEST_CASE("a bucket that is forgotten lives for whoever waits in it") {
    ClientBuckets buckets(1, 1, 1);
    const auto waited = buckets.of(numbered(1), now());
    CHECK(waited->try_take());
    CHECK(buckets.of(numbered(2), now())->try_take());
    CHECK(buckets.size() == 1);
    co_await waited->take();
    CHECK(waited->stats(now()).taken == 2);
}
