#include "test_server.hpp"

#include <troika/http/message/stream.hpp>

#include <cstdlib>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;

// Clients that take their answer slowly, and one that takes nothing of it.
namespace {

constexpr std::size_t kSlowSize = 12 * 1024 * 1024;  // more than both kernels' buffers
constexpr auto kWriteTimeout = 300ms;

// Gives its pieces at once, and then nothing for a while.
class Pieces final : public Stream {
  public:
    Task<std::optional<std::string_view>> next() override {
        if (given_ == kSlowSize) {
            Sleep pause{4 * kWriteTimeout};
            co_await pause;
            co_return std::nullopt;
        }
        given_ += piece_.size();
        co_return piece_;
    }

  private:
    std::string piece_ = std::string(8 * 1024, 'x');
    std::size_t given_ = 0;
};

Task<Response> file(Request&) {
    std::string name = "/tmp/troika-slow-XXXXXX";
    UniqueFd made(::mkstemp(name.data()));
    REQUIRE(made);
    ::unlink(name.c_str());
    REQUIRE(::ftruncate(made.get(), kSlowSize) == 0);
    FileRange range{std::move(made), 0, kSlowSize};
    co_return Response::file(std::move(range), "application/x-test");
}

void slow_readers_routes(Router& router) {
    add(router, Method::get, "/text",
        [](Request&) -> Task<Response> { co_return Response::text(std::string(kSlowSize, 'x')); });
    add(router, Method::get, "/file", file);
    add(router, Method::get, "/stream", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Pieces>(), "application/x-test");
    });
    // Small enough to be copied behind each other; many of them are as much.
    add(router, Method::get, "/part", [](Request&) -> Task<Response> {
        co_return Response::text(std::string(kSlowSize / 1024, 'x'));
    });
}

ServerOptions options() {
    ServerOptions options;
    options.write_timeout = kWriteTimeout;
    return options;
}

// With little room the server's kernel soon learns what was taken.
void make_room(Client& client, int room) {
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

// Far less than a third of the server's send buffer within its write_timeout, but always something.
std::size_t take_slowly(Client& client, std::chrono::milliseconds time) {
    std::size_t taken = 0;
    std::string piece(4 * 1024, '\0');
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
        const ssize_t got = ::recv(client.fd(), piece.data(), piece.size(), 0);
        if (got <= 0) break;
        taken += static_cast<std::size_t>(got);
        ::poll(nullptr, 0, 10);
    }
    return taken;
}

std::string requests_for(const std::string& path) {
    const std::string one = "GET " + path + " HTTP/1.1\r\nHost: a\r\n";
    std::string all;
    if (path == "/part")
        for (int i = 1; i < 1024; ++i) all += one + "\r\n";
    return all + one + "Connection: close\r\n\r\n";
}

}  // namespace

TEST_CASE("a client that always takes something of its answer gets all of it", "[slow]") {
    const std::string path = GENERATE("/text", "/file", "/stream", "/part");
    CAPTURE(path);
    Limits limits;
    TestServer server(slow_readers_routes, options(), &limits);
    Client client = server.connect();
    make_room(client, 16 * 1024);
    client.send(requests_for(path));
    std::size_t taken = take_slowly(client, 4 * kWriteTimeout);
    REQUIRE(taken < 2 * 1024 * 1024);
    make_room(client, 4 * 1024 * 1024);
    taken += client.read_all().size();
    CHECK_FALSE(client.was_reset());
    CHECK(taken > kSlowSize);
    CHECK(limits.of(Limit::write_time) == 0);
}

TEST_CASE("a client that takes nothing of its answer is reset", "[slow]") {
    const std::string path = GENERATE("/text", "/file", "/stream", "/part");
    CAPTURE(path);
    Limits limits;
    TestServer server(slow_readers_routes, options(), &limits);
    Client client = server.connect();
    make_room(client, 16 * 1024);
    client.send(requests_for(path));
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 1; }));
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
    client.read_all();
    CHECK(client.was_reset());
    CHECK(limits.of(Limit::write_time) == 1);
}
