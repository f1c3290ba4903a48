#include "test_server.hpp"

#include <troika/async/flow.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/message/lines.hpp>

#include <sys/resource.h>
#include <csignal>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

// Bodies that a handler reads as they arrive, and bodies there is no room for.
namespace {

Task<Response> count(Request& request) {
    std::size_t total = 0;
    while (true) {
        Task<std::optional<std::string_view>> pull = request.stream().next();
        const std::optional<std::string_view> piece = co_await std::move(pull);
        if (!piece) break;
        total += piece->size();
    }
    co_return Response::text("counted " + std::to_string(total));
}

std::atomic<bool> may_go_on{false};

Task<Response> reluctant(Request& request) {
    while (!may_go_on) {
        Sleep turn{1ms};
        co_await turn;
    }
    Task<Response> counting = count(request);
    Response response = co_await std::move(counting);
    co_return response;
}

Flow<std::string> upper(Request& request) {
    Flow<std::string> lines = lines_of(request);
    while (std::optional<std::string> line = co_await lines.next()) {
        for (char& c : *line) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        co_yield *line + "\n";
    }
}

Task<Response> size_of(Request& request) {
    co_return Response::text(std::to_string(request.bytes().size()));
}

Endpoint& stream(Endpoint& endpoint) {
    endpoint.body = BodyMode::stream;
    endpoint.limits.body = std::size_t{1} << 31U;
    return endpoint;
}

void uploads_routes(Router& router) {
    stream(add(router, Method::post, "/count", count)).limits.deadline = 300ms;
    stream(add(router, Method::post, "/reluctant", reluctant));
    stream(add(router, Method::post, "/upper", [](Request& request) -> Task<Response> {
        co_return Response::stream(upper(request), "text/plain");
    }));
    add(router, Method::post, "/size", size_of).limits.body = std::size_t{1} << 30U;
    Endpoint& file = add(router, Method::post, "/file", size_of);
    file.body = BodyMode::memory_file;
    file.limits.body = std::size_t{1} << 30U;
}

std::string post_chunked(const std::string& path) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
}
std::string chunk(std::string_view bytes) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return size + std::string(bytes) + "\r\n";
}

}  // namespace

TEST_CASE("a handler that does not read holds its client back") {
    may_go_on = false;
    TestServer server(uploads_routes);
    Client client = server.connect();
    constexpr std::size_t kSize = 64 * 1024 * 1024;
    client.send(post("/reluctant", kSize));
    std::atomic<std::size_t> sent{0};
    std::thread sender([&] {
        const std::string piece(64 * 1024, 'x');
        while (sent < kSize && client.send(piece)) sent += piece.size();
    });
    std::size_t before = 0;
    const bool stands = server.reaches([&](const ServerStats&) {
        const std::size_t now = sent;
        const bool same = now > 0 && now == before;
        before = now;
        if (same) ::poll(nullptr, 0, 100);
        return same && sent == before;
    });
    CHECK(stands);
    CHECK(sent < kSize);
    may_go_on = true;
    CHECK(body_of(client.read_response()) == "counted " + std::to_string(kSize));
    sender.join();
}

TEST_CASE("a slow upload does not use up the time of the handler that reads it") {
    TestServer server(uploads_routes);
    Client client = server.connect();
    client.send(post("/count", 10));
    for (int i = 0; i < 10; ++i) {
        ::poll(nullptr, 0, 50);
        client.send("x");
    }
    CHECK(body_of(client.read_response()) == "counted 10");
}

TEST_CASE("a streamed body that stops coming is 408, and its connection ends") {
    ServerOptions options;
    options.body_grace = options.body_silence = 100ms;
    Limits limits;
    TestServer server(uploads_routes, options, &limits);
    Client client = server.connect();
    client.send(post("/count", 10) + "xxx");
    const std::string all = client.read_all();
    CHECK(status_of(all) == 408);
    CHECK_THAT(all, Contains("connection: close\r\n"));
    CHECK(limits.of(Limit::body_time) == 1);
}

TEST_CASE("a streamed body in bad chunks is 400, and one that is too long 413") {
    TestServer server([](Router& router) {
        stream(add(router, Method::post, "/count", count)).limits.body = 100;
    });
    CHECK(status_of(server.exchange(post_chunked("/count") + chunk("abc") + "zz\r\n")) == 400);
    CHECK(status_of(server.exchange(post_chunked("/count") + chunk(std::string(60, 'x')) +
                                    chunk(std::string(60, 'x')))) == 413);
    CHECK(status_of(server.exchange(post("/count", 101))) == 413);
}

TEST_CASE("lines go back while the body is still coming") {
    TestServer server(uploads_routes);
    Client client = server.connect();
    client.send(post_chunked("/upper") + chunk("one\ntwo\nth"));
    std::string got;
    std::string piece(4096, '\0');
    while (got.find("TWO\n") == std::string::npos) {
        const ssize_t n = ::recv(client.fd(), piece.data(), piece.size(), 0);
        REQUIRE(n > 0);
        got.append(piece, 0, static_cast<std::size_t>(n));
    }
    CHECK_THAT(got, Contains("4\r\nONE\n\r\n4\r\nTWO\n\r\n"));
    client.send(chunk("ree\r\nfour") + "0\r\n\r\n");
    client.end();
    CHECK_THAT(client.read_all(), Contains("6\r\nTHREE\n\r\n5\r\nFOUR\n\r\n0\r\n\r\n"));
}

TEST_CASE("an answer that begins before its body is asked for has no 100 Continue inside") {
    TestServer server(uploads_routes);
    Client client = server.connect();
    client.send(
        "POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    const std::string head = client.read_response();
    CHECK(status_of(head) == 200);
    client.send("abc\n");
    CHECK(client.read_all() == "4\r\nABC\n\r\n0\r\n\r\n");
}

TEST_CASE("of uploads in chunks that fill all room together, as many end as fit") {
    ServerOptions options;
    options.max_buffered_bytes = 4'000'000;
    options.budget_wait = 300ms;
    Limits limits;
    TestServer server(uploads_routes, options, &limits);
    constexpr std::size_t kSize = 1'600'000;  // three of them do not fit
    std::vector<Client> clients;
    const std::string piece = chunk(std::string(100'000, 'x'));
    for (int i = 0; i < 4; ++i) {
        clients.push_back(server.connect());
        clients.back().send(post_chunked("/size") + piece);
        const auto begun = static_cast<std::size_t>(i) + 1;
        REQUIRE(
            server.reaches([&](const ServerStats& stats) { return stats.in_request == begun; }));
    }
    std::vector<std::thread> senders;
    for (Client& client : clients) {
        senders.emplace_back([&client, &piece] {
            for (std::size_t sent = 100'000; sent < kSize && client.send(piece);) sent += 100'000;
        });
    }
    CHECK(server.reaches([](const ServerStats& stats) { return stats.in_request <= 2; }));
    for (std::thread& sender : senders) sender.join();
    // Who came last went first, but for those who had all they needed by then.
    std::vector<int> statuses;
    for (Client& client : clients) {
        client.send("0\r\n\r\n");
        statuses.push_back(status_of(client.read_response()));
    }
    // Three never fit. Two do, unless one had taken room for more than came.
    const auto taken = std::count(statuses.begin(), statuses.end(), 200);
    const auto refused = std::count(statuses.begin(), statuses.end(), 503);
    CHECK(taken >= 1);
    CHECK(refused >= 2);
    CHECK(taken + refused == 4);
    CHECK(limits.of(Limit::body_room) == refused);
    CHECK(server.reaches([](const ServerStats& stats) { return stats.buffered_bytes == 0; }));
}

TEST_CASE("a body that may not be stored is 507 and told, and the next one is taken") {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const ScopeExit restore([&before] { ::setrlimit(RLIMIT_FSIZE, &before); });
    Limits observer;
    TestServer server(uploads_routes, {}, &observer);
    rlimit small = before;
    small.rlim_cur = 2'000'000;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    Client client = server.connect();
    std::thread sender(
        [&client] { client.send(post("/file", 5'000'000) + std::string(5'000'000, 'x')); });
    const std::string response = client.read_response();
    sender.join();
    CHECK(status_of(response) == 507);
    CHECK_THAT(response, Contains("could not be stored"));
    CHECK_THAT(observer.failed, Contains("/file: ") && Contains("File too large"));
    Client next = server.connect();
    next.send(post("/file", 1'500'000) + std::string(1'500'000, 'x'));
    CHECK(body_of(next.read_response()) == "1500000");
    CHECK(server.reaches([](const ServerStats& stats) { return stats.buffered_bytes == 0; }));
}

TEST_CASE("a handler that reads a stream gets an empty one where there is no body") {
    TestServer server(uploads_routes);
    Client client = server.connect();
    for (const char* const fields :
         {"", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n"}) {
        INFO(fields);
        client.send(std::string("POST /count HTTP/1.1\r\nHost: a\r\n") + fields + "\r\n");
        if (std::string_view(fields).starts_with("Transfer")) client.send("0\r\n\r\n");
        CHECK(body_of(client.read_response()) == "counted 0");
    }
}
