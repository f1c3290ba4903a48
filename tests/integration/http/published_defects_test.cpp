#include "json.hpp"
#include "test_server.hpp"

#include <troika/async/flow.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/message/event_stream.hpp>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

// Defects that others published about their servers, each as a client would meet it. Larger tests of the same
// matters are beside this file; this is the list.
namespace {

std::atomic<int> cancelled{0};
std::atomic<std::size_t> produced{0};

Task<Response> reflect(Request& request) {
    co_return Response::text("").header("x-name", request.query("name").value_or(""));
}
Task<Response> half_a_second(Request&) {
    try {
        Sleep pause{500ms};
        co_await pause;
    } catch (const Cancelled&) {
        ++cancelled;
        throw;
    }
    co_return Response::text("done");
}
Flow<std::string> endless() {
    const ScopeExit end([] { ++cancelled; });
    for (;;) {
        Sleep turn{0ns};
        co_await turn;
        produced += 65536;
        co_yield std::string(65536, 'x');
    }
}
Flow<ServerEvent> quiet() {
    const ScopeExit end([] { ++cancelled; });
    co_yield ServerEvent("hello");
    Sleep long_time{1h};
    co_await long_time;
}

void published_defects_routes(Router& router) {
    cancelled = 0;
    produced = 0;
    add(router, Method::get, "/", echo);
    add(router, Method::post, "/", echo);
    add(router, Method::get, "/reflect", reflect);
    add(router, Method::get, "/part/{x}", [](Request& request) -> Task<Response> {
        co_return Response::text(std::string(request.parameter("x")));
    });
    add(router, Method::post, "/json",
        [](Request& request) -> Task<Response> { co_return Response::json(request.json()); });
    add(router, Method::get, "/slow", half_a_second);
    add(router, Method::get, "/endless",
        [](Request&) -> Task<Response> { co_return Response::stream(endless(), "text/plain"); });
    add(router, Method::get, "/events",
        [](Request&) -> Task<Response> { co_return events(quiet()); });
}

}  // namespace

TEST_CASE("drogon 2469: a value with line breaks cannot become a header field of its own") {
    TestServer server(published_defects_routes);
    for (const std::string name :
         {"a%0d%0aX-Injected:%20yes", "a%0aX-Injected:%20yes", "a%0dX-Injected:%20yes", "a%00b"}) {
        INFO(name);
        const std::string answer = server.exchange(get("/reflect?name=" + name, kClose));
        CHECK(status_of(answer) == 500);
        CHECK_THAT(answer, !Contains("Injected"));
    }
    CHECK(status_of(server.exchange(get("/reflect?name=ada", kClose))) == 200);
}

TEST_CASE("drogon 2426: what one reader takes for a body is no request for another") {
    TestServer server(published_defects_routes);
    const std::string answer = server.exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n" +
        get("/?smuggled"));
    CHECK(status_of(answer) == 400);
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
}

TEST_CASE("drogon 2485: a chunk length that is none ends its connection and nothing else") {
    TestServer server(published_defects_routes);
    for (const char* const size :
         {"", "g", "-1", "0x", "ffffffffffffffff", "10000000000000000", ";", " 1"}) {
        INFO(size);
        CHECK(status_of(server.exchange(
                  std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") +
                  size + "\r\n")) == 400);
    }
    CHECK(status_of(server.exchange(get("/", kClose))) == 200);
}

TEST_CASE("drogon 2574: header fields without end are refused at the limit") {
    TestServer server(published_defects_routes);
    Client client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n");
    std::thread sender([&] {
        while (client.send("X: y\r\n")) {
        }
    });
    CHECK(status_of(client.read_response()) == 431);
    client.end();
    sender.join();
}

TEST_CASE("drogon 2192: a slow link slows the producer, memory does not grow") {
    TestServer server(published_defects_routes);
    Client slow = server.connect();
    slow.send(get("/endless"));
    std::size_t before = 0;
    CHECK(server.reaches([&](const ServerStats&) {
        ::poll(nullptr, 0, 50);
        return std::exchange(before, produced.load()) == produced && before > 0;
    }));
    CHECK(produced < 64U * 1024 * 1024);
}

TEST_CASE("drogon 2190, cpp-httplib 1968: who produces an answer is told that its client is gone") {
    TestServer server(published_defects_routes);
    for (const std::string path : {"/slow", "/endless", "/events"}) {
        INFO(path);
        cancelled = 0;
        Client client = server.connect();
        client.send(get(path));
        REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
        client.reset();
        CHECK(becomes(cancelled, 1));
    }
}

TEST_CASE("Crow 911, trRouting 362: timers of idle connections do not touch slow answers") {
    ServerOptions options;
    options.head_timeout = options.idle_timeout = options.write_timeout = 100ms;
    options.body_grace = 100ms;
    TestServer server(published_defects_routes, options);
    Client client = server.connect();
    client.send(get("/slow"));
    CHECK(body_of(client.read_response()) == "done");
}

TEST_CASE("Crow 799: a write that waits for its client holds up nobody else") {
    TestServer server(published_defects_routes);
    Client stuck = server.connect();
    stuck.send(get("/endless"));
    REQUIRE(server.reaches([](const ServerStats&) { return produced > 0; }));
    for (int i = 0; i < 10; ++i) CHECK(status_of(server.exchange(get("/", kClose))) == 200);
}

TEST_CASE("cpp-httplib 1410 and 1891: connections that are kept or stream events take no thread") {
    TestServer server(published_defects_routes);
    std::vector<Client> kept;
    for (int i = 0; i < 200; ++i) {
        kept.push_back(server.connect());
        kept.back().send(get(i % 2 == 0 ? "/" : "/events"));
    }
    REQUIRE(server.reaches([](const ServerStats& stats) {
        return stats.connections == 200 && stats.in_request == 100;
    }));
    CHECK(status_of(server.exchange(get("/", kClose))) == 200);
}

TEST_CASE("cpp-httplib 71 and 1959: connections that are kept do not delay the end") {
    TestServer server(published_defects_routes);
    std::vector<Client> kept;
    for (int i = 0; i < 50; ++i) {
        kept.push_back(server.connect());
        kept.back().send(get(i % 2 == 0 ? "/" : "/events"));
    }
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 25; }));
    server.begin_drain();
    CHECK(server.reaches([&](const ServerStats&) { return server.drained(); }));
}

TEST_CASE(
    "oat++ 301: JSON that is none is the client's mistake, and parts of a path arrive decoded") {
    TestServer server(published_defects_routes);
    const auto post = [&](const std::string& body) {
        return status_of(server.exchange("POST /json HTTP/1.1\r\nHost: a\r\n" + kClose +
                                         "Content-Length: " + std::to_string(body.size()) +
                                         "\r\n\r\n" + body));
    };
    CHECK(post("{\"a\":1}") == 200);
    CHECK(post("{\"a\":}") == 400);
    CHECK(body_of(server.exchange(get("/part/a%20b%C3%A4", kClose))) == "a b\xc3\xa4");
}
