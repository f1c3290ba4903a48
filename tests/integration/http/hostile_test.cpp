#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

void hostile_routes(Router& router) {
    add(router, Method::get, "/", echo);
    add(router, Method::post, "/", echo);
    add(router, Method::get, "/large",
        [](Request&) -> Task<Response> { co_return Response::text(std::string(50000000, 'x')); });
    add(router, Method::get, "/never", [](Request&) -> Task<Response> {
        Sleep sleep{std::chrono::hours(1)};
        co_await sleep;
        co_return Response();
    }).limits.deadline = std::chrono::milliseconds(100);
}

ServerOptions impatient() {
    ServerOptions options;
    options.head_timeout = options.idle_timeout = options.write_timeout =
        std::chrono::milliseconds(200);
    options.body_grace = std::chrono::milliseconds(200);
    return options;
}

}  // namespace

TEST_CASE("garbage gets a 400 that can be read, and the server goes on") {
    TestServer server(hostile_routes);
    for (const std::string& garbage :
         {std::string("\x16\x03\x01\x02\x00\x01", 6), std::string("hello\r\n\r\n"),
          std::string("\0\0\0\0", 4), std::string("GET / HTTP/1.1\nHost: a\n\n"),
          std::string("GET / HTTP/1.1\r\nHost a\r\n\r\n")}) {
        const std::string response = server.exchange(garbage);
        CHECK(status_of(response) == 400);
        CHECK_THAT(response, Contains("connection: close") && Contains("application/problem+json"));
    }
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("a flood of empty lines is 400, and others are served meanwhile") {
    ServerOptions options;
    options.linger = std::chrono::minutes(1);
    TestServer server(hostile_routes, options);
    Client flooder = server.connect();
    Client other = server.connect();
    std::string lines;
    for (int i = 0; i < 100000; ++i) lines += "\r\n";
    std::atomic<bool> served{false};
    std::thread flood([&] {  // less than is read on after the last answer
        for (int i = 0; i == 0 || (i < 50 && !served); ++i) flooder.send(lines);
    });
    other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(other.read_response()) == 200);
    served = true;
    flood.join();
    const std::string refused = flooder.read_response();
    CHECK(status_of(refused) == 400);
    CHECK_THAT(refused, Contains("empty lines") && Contains("connection: close"));
    CHECK_FALSE(flooder.was_reset());

    Client client = server.connect();
    client.send("\r\n\r\nGET /?two HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
    CHECK_THAT(client.read_response(), Contains("GET /?two "));
    for (int i = 0; i < 4; ++i) client.send("\r\n");
    const std::string response = client.read_all();
    CHECK(status_of(response) == 400);
    CHECK_THAT(response, Contains("connection: close"));
}

TEST_CASE("empty lines between requests are nothing: a connection with one is idle") {
    ServerOptions options;
    options.head_timeout = std::chrono::milliseconds(100);
    options.idle_timeout = std::chrono::milliseconds(300);
    TestServer server(hostile_routes, options);
    for (const std::string after : {"\r\n", "\r\n\r\n"}) {
        Client client = server.connect();
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" + after);
        CHECK_THAT(client.read_response(), Contains("POST / ab"));
        CHECK(client.read_all().empty());
        CHECK_FALSE(client.was_reset());
    }
    Client half = server.connect();
    half.send("\r");
    server.stats();
    half.send("\nGET /?after HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
    CHECK_THAT(half.read_response(), Contains("GET /?after "));
    half.send("GET /?next HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_THAT(half.read_response(), Contains("GET /?next "));
    half.send("\r");
    CHECK(status_of(half.read_all()) == 408);
}

TEST_CASE("empty lines before a request, byte by byte, do not count for the one after it") {
    TestServer server(hostile_routes);
    Client client = server.connect();
    for (int round = 0; round < 3; ++round) {
        for (const char byte : std::string("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
            client.send({&byte, 1});
            server.stats();  // the loop has been round
        }
        CHECK(status_of(client.read_response()) == 200);
    }
}

TEST_CASE("what follows a refused request is not answered") {
    TestServer server(hostile_routes);
    const std::string smuggled =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n"
        "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string response = server.exchange(smuggled);
    CHECK(status_of(response) == 400);
    CHECK_THAT(response, !Contains("smuggled"));
    CHECK(response.find("HTTP/1.1", 1) == std::string::npos);
}

TEST_CASE("too long lines, too many fields and too large heads have their own status") {
    TestServer server(hostile_routes);
    const std::string long_text(40000, 'x');
    CHECK(status_of(server.exchange("GET /" + long_text + " HTTP/1.1\r\nHost: a\r\n\r\n")) == 414);
    CHECK(status_of(server.exchange("GET / HTTP/1.1\r\nHost: a\r\nA: " + long_text + "\r\n\r\n")) ==
          431);
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    CHECK(status_of(server.exchange(many + "\r\n")) == 431);
    CHECK(status_of(server.exchange("GET / HTTP/3.0\r\n\r\n")) == 505);
}

TEST_CASE("a slow head is 408, also when it drips") {
    TestServer server(hostile_routes, impatient());
    Client client = server.connect();
    client.send("GET / HTTP/1.1\r\nX: ");
    std::atomic<bool> ended{false};
    std::thread dripper([&] {
        while (!ended && client.send("x")) ::poll(nullptr, 0, 20);
    });
    const std::string response = client.read_response();
    ended = true;
    dripper.join();
    CHECK(status_of(response) == 408);
}

TEST_CASE("a slow body is 408 and a silent client is let go") {
    TestServer server(hostile_routes, impatient());
    Client slow = server.connect();
    slow.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel");
    CHECK(status_of(slow.read_response()) == 408);
    Client silent = server.connect();
    CHECK(silent.read_all().empty());
    CHECK_FALSE(silent.was_reset());
}

TEST_CASE("a body that comes fast and then stops, or drips, is 408 and gives its budget back") {
    ServerOptions options;
    options.body_silence = std::chrono::milliseconds(200);
    TestServer server(hostile_routes, options);
    std::string part = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    part.append(900000, 'x');
    Client silent = server.connect();
    silent.send(part);
    CHECK(status_of(silent.read_response()) == 408);

    Client dripping = server.connect();
    dripping.send(part);
    std::atomic<bool> ended{false};
    std::thread dripper([&] {
        while (!ended && dripping.send("x")) ::poll(nullptr, 0, 20);
    });
    const std::string response = dripping.read_response();
    ended = true;
    dripper.join();
    CHECK(status_of(response) == 408);
    CHECK(server.reaches([](const ServerStats& stats) { return stats.buffered_bytes == 0; }));
}

TEST_CASE("a handler past its deadline is cancelled and answered with 504") {
    TestServer server(hostile_routes);
    CHECK(status_of(server.exchange(
              "GET /never HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) == 504);
}

TEST_CASE("a slow upload leaves the handler its whole deadline") {
    TestServer server([](Router& router) {
        add(router, Method::post, "/", [](Request& request) -> Task<Response> {
            Sleep turn{std::chrono::milliseconds(1)};
            co_await turn;
            co_return Response::text(std::string(request.bytes()));
        }).limits.deadline = std::chrono::milliseconds(500);
    });
    Client client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
    ::poll(nullptr, 0, 700);
    client.send("body");
    CHECK_THAT(client.read_response(), Contains("HTTP/1.1 200 ") && Contains("body"));
}

TEST_CASE("a client that never reads is reset, and others are served meanwhile") {
    TestServer server(hostile_routes, impatient());
    Client stuck = server.connect();
    stuck.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
    stuck.read_all();
    CHECK(stuck.was_reset());
}

TEST_CASE("a pipelining client that never reads stops being parsed") {
    std::string batch;
    for (int i = 0; i < 200000; ++i) batch += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    Limits limits;
    TestServer server(hostile_routes, impatient(), &limits);
    Client stuck = server.connect();
    stuck.send(batch);  // as far as it is taken: the reset ends it
    CHECK(becomes(limits.reached[static_cast<std::size_t>(Limit::write_time)], 1));
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}

TEST_CASE("a client that ends in the middle of a request leaves nothing behind") {
    TestServer server(hostile_routes);
    for (const char* part :
         {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel", ""}) {
        Client client = server.connect();
        client.send(part);
        client.end();
        CHECK(client.read_all().empty());
    }
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}
