#include "test_server.hpp"

#include <troika/http/message/file_response.hpp>

#include <unistd.h>

// Whatever moves much is interrupted for the others, in whatever form it comes and goes.

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t kMuchAtOnce = 2 * 1024 * 1024;
// A turn moves at most 64 KB, and a read or a piece more.
constexpr std::uint64_t kFewestTurns = kMuchAtOnce / (2 * 64 * 1024);

// Pieces of one size, `kMuchAtOnce` bytes of them.
class EqualPieces final : public Stream {
  public:
    explicit EqualPieces(std::size_t size) : piece_(size, 'p') {}
    Task<std::optional<std::string_view>> next() override {
        if (given_ >= kMuchAtOnce) co_return std::nullopt;
        given_ += piece_.size();
        co_return piece_;
    }

  private:
    std::string piece_;
    std::size_t given_ = 0;
};

Task<Response> tell_size(Request& request) {
    co_return Response::text(std::to_string(request.bytes().size()));
}

Task<Response> tell_streamed_size(Request& request) {
    Task<std::size_t> reading = streamed_size(request);
    const std::size_t size = co_await std::move(reading);
    co_return Response::text(std::to_string(size));
}

Task<Response> much_in_memory(Request&) { co_return Response::text(std::string(kMuchAtOnce, 'b')); }

Task<Response> middling(Request&) { co_return Response::text(std::string(32 * 1024, 'm')); }

Task<Response> small_pieces(Request&) {
    co_return Response::stream(std::make_unique<EqualPieces>(1000), "text/plain");
}

Task<Response> large_pieces(Request&) {
    co_return Response::stream(std::make_unique<EqualPieces>(512 * 1024), "text/plain");
}

Task<Response> much_in_a_file(Request&) {
    std::string name = "/tmp/troika-turns-XXXXXX";
    UniqueFd file(::mkstemp(name.data()));
    ::unlink(name.c_str());
    const std::string content(kMuchAtOnce, 'f');
    if (::write(file.get(), content.data(), kMuchAtOnce) != static_cast<ssize_t>(kMuchAtOnce))
        throw Error("the file could not be written");
    FileRange range{std::move(file), 0, kMuchAtOnce};
    co_return Response::file(std::move(range), "text/plain");
}

void turns_routes(Router& router) {
    add(router, Method::get, "/small", echo);
    add(router, Method::post, "/size", tell_size).limits.body = kMuchAtOnce;
    Endpoint& memory_file = add(router, Method::post, "/memory-file", tell_size);
    memory_file.limits.body = kMuchAtOnce;
    memory_file.body = BodyMode::memory_file;
    Endpoint& stream = add(router, Method::post, "/stream", tell_streamed_size);
    stream.limits.body = kMuchAtOnce;
    stream.body = BodyMode::stream;
    add(router, Method::get, "/bytes", much_in_memory);
    add(router, Method::get, "/middling", middling);
    add(router, Method::get, "/small-pieces", small_pieces);
    add(router, Method::get, "/large-pieces", large_pieces);
    add(router, Method::get, "/file", much_in_a_file);
}

std::string much_in_chunks(const std::string& path) {
    std::string all = "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "4000\r\n" + std::string(0x4000, 'c') + "\r\n";
    for (std::size_t sent = 0; sent < kMuchAtOnce; sent += 0x4000) all += chunk;
    return all + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("large bodies of every kind are received in turns") {
    TestServer server(turns_routes);
    Client client = server.connect();
    const std::string path = GENERATE("/size", "/memory-file", "/stream");
    const bool in_chunks = GENERATE(false, true);
    CAPTURE(path, in_chunks);
    CHECK(client.send(in_chunks ? much_in_chunks(path)
                                : post(path, kMuchAtOnce) + std::string(kMuchAtOnce, 'c')));
    CHECK_THAT(client.read_response(), Contains("\r\n\r\n" + std::to_string(kMuchAtOnce)));
    CHECK(server.stats().turns >= kFewestTurns);
}

TEST_CASE("large answers of every kind are sent in turns") {
    TestServer server(turns_routes);
    const std::string path = GENERATE("/bytes", "/small-pieces", "/large-pieces", "/file");
    CAPTURE(path);
    const std::string answer = server.exchange(get(path, kClose));
    CHECK(status_of(answer) == 200);
    CHECK(body_of(answer).size() >= kMuchAtOnce);
    CHECK(server.stats().turns >= kFewestTurns);
}

TEST_CASE("requests in a full pipeline are answered in turns") {
    TestServer server(turns_routes);
    Client client = server.connect();
    constexpr int kRequests = 1000;
    std::string all;
    for (int i = 0; i < kRequests; ++i) all += get("/small");
    CHECK(client.send(all));
    for (int i = 0; i < kRequests; ++i) REQUIRE(status_of(client.read_response()) == 200);
    CHECK(server.stats().turns >= kRequests / 32);
}

TEST_CASE("middling answers in a full pipeline are sent in turns") {
    TestServer server(turns_routes);
    Client client = server.connect();
    constexpr int kRequests = 64;  // 32 KB each: two of them are a turn
    std::string all;
    for (int i = 0; i < kRequests; ++i) all += get("/middling");
    CHECK(client.send(all));
    for (int i = 0; i < kRequests; ++i) REQUIRE(status_of(client.read_response()) == 200);
    CHECK(server.stats().turns >= kRequests / 3);
}

TEST_CASE("what nobody reads any more is thrown away in turns") {
    ServerOptions options;
    options.linger_limit = kMuchAtOnce;
    TestServer server(turns_routes, options);
    Client client = server.connect();
    client.send(post("/size", kMuchAtOnce + 1));
    client.send(std::string(kMuchAtOnce, 'x'));
    CHECK(status_of(client.read_response()) == 413);
    client.end();
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
    CHECK(server.stats().turns >= kFewestTurns);
}

TEST_CASE("small requests wait for no turn") {
    TestServer server(turns_routes);
    Client client = server.connect();
    for (int i = 0; i < 100; ++i) {
        client.send(i % 2 == 0 ? get("/small") : post("/size", 5) + "small");
        REQUIRE(status_of(client.read_response()) == 200);
    }
    CHECK(server.stats().turns == 0);
}
