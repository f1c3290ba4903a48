#include "test_server.hpp"

#include <troika/async/flow.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/message/event_stream.hpp>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::EndsWith;

// Event streams whose client has taken a part of an event and stands still: what waits for it, and what may not
// come in between.
namespace {

constexpr std::size_t kLarge =
    32 * 1024 * 1024;  // more than the kernel's buffers of both ends hold
constexpr std::size_t kSmall = 4000;

struct HalfTaken {
    std::atomic<int> given{0};
    std::atomic<int> shut_down{0};
    std::atomic<int> cleaned{0};
};

// Until the drain, and then one more.
Flow<ServerEvent> until_told(HalfTaken& state, std::size_t size, int count) {
    const ScopeExit cleanup([&state] { ++state.cleaned; });
    try {
        for (int i = 0; i < count; ++i) {
            ++state.given;
            co_yield ServerEvent(std::string(size, 'x'));
            Sleep turn{0ns};
            co_await turn;
        }
        Sleep long_time{1h};
        co_await long_time;
    } catch (const Cancelled& cancelled) {
        if (cancelled.reason != CancelReason::shutdown) throw;
        ++state.shut_down;
    }
    co_yield ServerEvent("bye");
}

TestServer::Configure half_taken_routes(HalfTaken& state) {
    return [&state](Router& router) {
        add(router, Method::get, "/large", [&state](Request&) -> Task<Response> {
            co_return events(until_told(state, kLarge, 1), {.heartbeat = 50ms});
        });
        add(router, Method::get, "/small", [&state](Request&) -> Task<Response> {
            co_return events(until_told(state, kSmall, 1 << 30), {.heartbeat = 50ms});
        });
        add(router, Method::get, "/", echo);
    };
}

// Up to and with the first heartbeat behind `from`.
std::string read_to_heartbeat(Client& client) {
    const std::string beat = "\r\n3\r\n:\n\n\r\n";
    std::string all;
    std::string piece(1 << 20, '\0');
    while (all.size() < beat.size() ||
           all.find(beat, all.size() - std::min(all.size(), piece.size() + beat.size())) ==
               std::string::npos) {
        const ssize_t got = ::recv(client.fd(), piece.data(), piece.size(), 0);
        if (got <= 0) return all + " (ended)";
        all.append(piece, 0, static_cast<std::size_t>(got));
    }
    return all;
}

void take_a_part(Client& client) {
    std::string part(10000, '\0');
    REQUIRE(::recv(client.fd(), part.data(), part.size(), MSG_WAITALL) == 10000);
}

// What begins in the middle of the large event goes to its end before anything else comes.
void check_rest_of_event(std::string_view rest) {
    const std::size_t end = rest.find_first_not_of('x');
    REQUIRE(end != std::string_view::npos);
    CHECK(end > kLarge - 20000);
    CHECK(rest.substr(end).starts_with("\n\n\r\n"));
}

// The generator gives nothing more, because its client takes nothing.
bool stands_still(TestServer& server, const HalfTaken& state) {
    return server.reaches([&, before = 0](const ServerStats&) mutable {
        ::poll(nullptr, 0, 100);
        return std::exchange(before, state.given.load()) == state.given && before > 0;
    });
}

}  // namespace

TEST_CASE(
    "no heartbeat comes in the middle of an event that is half taken, and they go on behind it") {
    HalfTaken state;
    TestServer server(half_taken_routes(state));
    Client client = server.connect();
    client.send(get("/large"));
    take_a_part(client);
    ::poll(nullptr, 0, 200);  // several heartbeats
    Client other = server.connect();
    other.send(get("/"));
    CHECK(status_of(other.read_response()) == 200);
    const std::string rest = read_to_heartbeat(client);
    check_rest_of_event(rest);
    CHECK_THAT(rest, EndsWith(":\n\n\r\n"));
    client.reset();
    CHECK(server.reaches([&](const ServerStats&) { return state.cleaned == 1; }));
}

TEST_CASE(
    "a drain waits for an event that is half taken, then the last one comes and the body ends") {
    HalfTaken state;
    TestServer server(half_taken_routes(state));
    Client client = server.connect();
    client.send(get("/large"));
    take_a_part(client);
    server.begin_drain();
    CHECK(server.stats().in_request == 1);
    CHECK(state.shut_down == 0);  // its generator is not even asked
    const std::string rest = client.read_all();
    check_rest_of_event(rest);
    CHECK_THAT(rest, EndsWith("data: bye\n\n\r\n0\r\n\r\n"));
    CHECK_FALSE(client.was_reset());
    CHECK(state.shut_down == 1);
    CHECK(server.reaches([&](const ServerStats&) { return server.drained(); }));
}

TEST_CASE("a drain ends small events whose client is behind, and it gets all that were given") {
    HalfTaken state;
    TestServer server(half_taken_routes(state));
    Client client = server.connect();
    client.send(get("/small"));
    REQUIRE(stands_still(server, state));
    server.begin_drain();
    const std::string all = client.read_all();
    CHECK_THAT(all, EndsWith("data: bye\n\n\r\n0\r\n\r\n"));
    std::size_t events = 0;
    for (std::size_t at = all.find("data: x"); at != std::string::npos;
         at = all.find("data: x", at + 1))
        ++events;
    CHECK(events == static_cast<std::size_t>(state.given));
    CHECK(state.shut_down == 1);
    CHECK(server.reaches([&](const ServerStats&) { return server.drained(); }));
}

TEST_CASE("a client that takes half an event and no more is reset, and the generator cleans up") {
    HalfTaken state;
    Limits limits;
    ServerOptions options;
    options.write_timeout = 200ms;
    TestServer server(half_taken_routes(state), options, &limits);
    for (const char* const path : {"/large", "/small"}) {
        INFO(path);
        state.cleaned = 0;
        const int before = limits.of(Limit::write_time);
        Client client = server.connect();
        client.send(get(path));
        take_a_part(client);
        CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
        CHECK(state.cleaned == 1);
        CHECK(limits.of(Limit::write_time) == before + 1);
        client.read_all();
        CHECK(client.was_reset());
    }
}

TEST_CASE("an event that is half taken when a drain's time is over does not hold up the end") {
    HalfTaken state;
    Client client = [&] {
        TestServer server(half_taken_routes(state));
        Client half = server.connect();
        half.send(get("/large"));
        take_a_part(half);
        server.begin_drain();
        CHECK(server.cancel_requests() == std::vector<std::string>{"/large"});
        return half;
    }();
    CHECK(state.cleaned == 1);
    CHECK(client.read_all().size() < kLarge);
}
