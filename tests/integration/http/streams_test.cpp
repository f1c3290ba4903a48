#include "test_server.hpp"

#include <troika/async/flow.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/message/event_stream.hpp>

#include <optional>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

// Answers that come piece by piece, seen by clients: how they go out, and how they end.
namespace {

struct State {
    std::atomic<std::size_t> produced{0};
    std::atomic<int> cleaned{0};
    std::atomic<int> client_gone{0};
    std::atomic<int> shut_down{0};
};

constexpr std::size_t kPiece = 64 * 1024;

Flow<std::string> pieces(State& state, std::size_t count) {
    const ScopeExit cleanup([&state] { ++state.cleaned; });
    for (std::size_t i = 0; i < count; ++i) {
        Sleep turn{0ns};
        co_await turn;
        state.produced += kPiece;
        co_yield std::string(kPiece, 'x');
    }
}

Flow<std::string> hollow(State& state) {
    const ScopeExit cleanup([&state] { ++state.cleaned; });
    for (;;) {
        ++state.produced;
        co_yield "";
    }
}

Flow<std::string> words(int count) {
    for (int i = 0; i < count; ++i) co_yield std::to_string(i) + " ";
}

Flow<std::string> two_and_wait(State& state) {
    const ScopeExit cleanup([&state] { ++state.cleaned; });
    co_yield "first ";
    co_yield "second ";
    try {
        Sleep long_time{1h};
        co_await long_time;
    } catch (const Cancelled& cancelled) {
        ++(cancelled.reason == CancelReason::shutdown ? state.shut_down : state.client_gone);
        throw;
    }
}

Flow<ServerEvent> ticks(State& state, std::string after) {
    const ScopeExit cleanup([&state] { ++state.cleaned; });
    co_yield ServerEvent("after " + after).with_id("1");
    bool stopping = false;
    try {
        Sleep long_time{1h};
        co_await long_time;
    } catch (const Cancelled& cancelled) {
        stopping = cancelled.reason == CancelReason::shutdown;
        ++(stopping ? state.shut_down : state.client_gone);
        if (!stopping) throw;
    }
    co_yield ServerEvent("bye");
}

// Longer than any handler may take.
Flow<std::string> patient(int count) {
    for (int i = 0; i < count; ++i) {
        Sleep pause{60ms};
        co_await pause;
        const Scope& scope = *current_scope();
        co_yield scope.deadline() == Clock::TimePoint::max() ? "." : "limited";
    }
}

TestServer::Configure streams_routes(State& state) {
    return [&state](Router& router) {
        add(router, Method::get, "/endless", [&state](Request&) -> Task<Response> {
            co_return Response::stream(pieces(state, 1U << 30U), "text/plain");
        });
        add(router, Method::get, "/many", [&state](Request&) -> Task<Response> {
            co_return Response::stream(pieces(state, 400), "text/plain");
        });
        add(router, Method::get, "/words", [](Request&) -> Task<Response> {
            co_return Response::stream(words(3000), "text/plain");
        });
        add(router, Method::get, "/hollow", [&state](Request&) -> Task<Response> {
            co_return Response::stream(hollow(state), "text/plain");
        });
        add(router, Method::get, "/wait", [&state](Request&) -> Task<Response> {
            co_return Response::stream(two_and_wait(state), "text/plain");
        });
        add(router, Method::get, "/events", [&state](Request& request) -> Task<Response> {
            co_return events(ticks(state, std::string(last_event_id(request))),
                             {.heartbeat = 60ms});
        });
        add(router, Method::get, "/patient", [](Request&) -> Task<Response> {
            co_return Response::stream(patient(5), "text/plain");
        }).limits.deadline = 100ms;
        add(router, Method::get, "/", echo);
    };
}

// Until that text has come.
std::string read_until(Client& client, const std::string& text) {
    std::string all;
    std::string piece(4096, '\0');
    while (all.find(text) == std::string::npos) {
        const ssize_t got = ::recv(client.fd(), piece.data(), piece.size(), 0);
        if (got <= 0) return all + " (ended)";
        all.append(piece, 0, static_cast<std::size_t>(got));
    }
    return all;
}

std::string unchunked(std::string_view body) {
    std::string all;
    while (!body.empty()) {
        const std::size_t size =
            std::stoul(std::string(body.substr(0, body.find('\r'))), nullptr, 16);
        body.remove_prefix(body.find('\n') + 1);
        all.append(body.substr(0, size));
        body.remove_prefix(size + 2);
        if (size == 0) break;
    }
    return all;
}

}  // namespace

TEST_CASE("a generator's pieces arrive in order, and the connection goes on") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/words") + get("/words") + get("/", "Connection: close\r\n"));
    const std::string all = client.read_all();
    std::string wanted;
    for (int i = 0; i < 3000; ++i) wanted += std::to_string(i) + " ";
    const std::size_t end = all.find("0\r\n\r\n", all.find("2999 "));
    REQUIRE(end != std::string::npos);
    CHECK(unchunked(body_of(all.substr(0, end + 5))) == wanted);
    CHECK(unchunked(body_of(all.substr(end + 5))).starts_with(wanted));
    CHECK_THAT(all, EndsWith("GET / "));
}

TEST_CASE("a client that does not read stops the generator, not the server") {
    State state;
    TestServer server(streams_routes(state));
    Client slow = server.connect();
    slow.send(get("/endless"));
    REQUIRE(server.reaches([&](const ServerStats&) { return state.produced > 0; }));
    // It stands still once the kernel's buffers are full: no more comes during many turns of the loop.
    std::size_t before = 0;
    const bool stands = server.reaches([&](const ServerStats&) {
        const std::size_t now = state.produced;
        const bool same = now == before;
        before = now;
        if (same) ::poll(nullptr, 0, 100);
        return same && state.produced == before;
    });
    CHECK(stands);
    CHECK(state.produced < 64U * 1024 * 1024);
    Client other = server.connect();
    other.send(get("/"));
    CHECK(status_of(other.read_response()) == 200);
    slow.reset();
    CHECK(becomes(state.cleaned, 1));
}

TEST_CASE(
    "a generator that gives nothing without end leaves others their turn, and can be cancelled") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/hollow"));
    REQUIRE(server.reaches([&](const ServerStats&) { return state.produced > 0; }));
    Client other = server.connect();
    other.send(get("/"));
    CHECK(status_of(other.read_response()) == 200);
    client.reset();
    CHECK(becomes(state.cleaned, 1));
}

TEST_CASE("a large stream arrives whole") {
    State state;
    TestServer server(streams_routes(state));
    const std::string all = server.exchange(get("/many", "Connection: close\r\n"));
    CHECK(unchunked(body_of(all)) == std::string(400 * kPiece, 'x'));
}

TEST_CASE("what a generator gave goes out before it waits") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/wait"));
    CHECK_THAT(read_until(client, "second"), !Contains("ended"));
}

TEST_CASE("a generator whose client is gone, by an end or a reset, is cancelled and cleans up") {
    State state;
    TestServer server(streams_routes(state));
    for (const bool by_reset : {false, true}) {
        state.cleaned = state.client_gone = 0;
        Client client = server.connect();
        client.send(get("/wait"));
        read_until(client, "second");
        if (by_reset)
            client.reset();
        else
            client.end();
        CHECK(becomes(state.cleaned, 1));
        CHECK(state.client_gone == 1);
        CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
    }
}

TEST_CASE("a half-closed client gets a stream that does not make it wait") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/many"));
    client.end();
    CHECK(unchunked(body_of(client.read_all())).size() == 400 * kPiece);
}

TEST_CASE("a stream may take longer than a handler") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/patient", "Connection: close\r\n"));
    CHECK(unchunked(body_of(client.read_all())) == ".....");
}

TEST_CASE("events have heartbeats, and Last-Event-ID comes back") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/events", "Last-Event-ID: 41\r\n"));
    const std::string first = read_until(client, ":\n\n");
    CHECK_THAT(first, Contains("content-type: text/event-stream\r\n") &&
                          Contains("cache-control: no-store\r\n") &&
                          Contains("id: 1\ndata: after 41\n\n"));
    CHECK_THAT(read_until(client, "3\r\n:\n\n\r\n"), !Contains("ended"));
    client.reset();
    CHECK(becomes(state.cleaned, 1));
}

TEST_CASE("a drain tells endless answers to end, and they end in order") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/events"));
    read_until(client, "after");
    server.begin_drain();
    const std::string rest = client.read_all();
    CHECK_THAT(rest, Contains("data: bye\n\n") && EndsWith("0\r\n\r\n"));
    CHECK_FALSE(client.was_reset());
    CHECK(state.shut_down == 1);
    CHECK(server.reaches([&](const ServerStats&) { return server.drained(); }));
}

TEST_CASE("a drain waits for an answer that has an end, and cuts it when its time is over") {
    State state;
    TestServer server(streams_routes(state));
    Client client = server.connect();
    client.send(get("/wait"));
    read_until(client, "second");
    server.begin_drain();
    CHECK(server.stats().in_request == 1);
    CHECK(server.cancel_requests() == std::vector<std::string>{"/wait"});
    CHECK_THAT(client.read_all(), !EndsWith("0\r\n\r\n"));
    CHECK(client.was_reset());
    CHECK(state.shut_down == 1);
    CHECK(state.cleaned == 1);
}
