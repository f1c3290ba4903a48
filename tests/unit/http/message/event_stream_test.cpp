#include <troika/base/error.hpp>
#include <troika/http/message/event_stream.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace troika::http;
using namespace std::chrono_literals;

namespace {

Flow<ServerEvent> two() {
    co_yield ServerEvent("one").with_id("1");
    co_yield ServerEvent("two").with_kind("last");
}

}  // namespace

TEST_CASE("an event is its fields, a line each, and an empty line") {
    CHECK(to_text(ServerEvent("hello")) == "data: hello\n\n");
    CHECK(to_text(ServerEvent("x").with_kind("k").with_id("7").with_retry(1500ms)) ==
          "event: k\nid: 7\nretry: 1500\ndata: x\n\n");
    CHECK(to_text(ServerEvent().with_id("7")) == "id: 7\n\n");
    CHECK(to_text(ServerEvent()) == "data: \n\n");
}

TEST_CASE("no text ends its event early, whatever line ends it has") {
    CHECK(to_text(ServerEvent("a\nb\r\nc\rd\n\nid: 9")) ==
          "data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: id: 9\n\n");
    CHECK(to_text(ServerEvent("a\n")) == "data: a\ndata: \n\n");
}

TEST_CASE("an id or a kind with a line break is refused") {
    CHECK_THROWS_AS(to_text(ServerEvent("x").with_id("1\nretry: 0")), Error);
    CHECK_THROWS_AS(to_text(ServerEvent("x").with_id(std::string("1\0", 2))), Error);
    CHECK_THROWS_AS(to_text(ServerEvent("x").with_kind("k\r")), Error);
}

ASYNC_TEST_CASE("a generator of events is an endless stream with heartbeats") {
    Response response = events(two(), {.heartbeat = 5s});
    CHECK(response.headers().get("content-type") == "text/event-stream");
    CHECK(response.headers().get("cache-control") == "no-store");
    Stream& stream = *std::get<std::unique_ptr<Stream>>(response.body());
    CHECK(stream.endless());
    CHECK(stream.heartbeat().every == 5s);
    CHECK(stream.heartbeat().bytes.starts_with(':'));
    std::string all;
    while (true) {
        const std::optional<std::string_view> piece = co_await stream.next();
        if (!piece) break;
        all += *piece;
    }
    CHECK(all == "id: 1\ndata: one\n\nevent: last\ndata: two\n\n");
}

TEST_CASE("Last-Event-ID is what the client sent, or nothing") {
    Request request(Method::get, "/");
    CHECK(last_event_id(request).empty());
    request.headers().add("Last-Event-ID", "42");
    CHECK(last_event_id(request) == "42");
}
