#include "test_server.hpp"

#include <sys/un.h>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

// How many requests and connections there may be, and who counts as one client.
namespace {

std::atomic<bool> released{false};

Task<Response> wait(Request&) {
    while (!released) {
        Sleep pause{1ms};
        co_await pause;
    }
    co_return Response::text("released");
}

Task<Response> who(Request& request) {
    co_return Response::text(request.peer().address() + " " + std::string(request.scheme()));
}

void limits_routes(Router& router) {
    add(router, Method::get, "/", echo);
    add(router, Method::get, "/wait", wait);
    add(router, Method::get, "/who", who);
    add(router, Method::get, "/health", echo).health = true;
    add(router, Method::get, "/block", [](Request&) -> Task<Response> {
        ::poll(nullptr, 0, 300);  // what no handler should do
        co_return Response::text("late");
    });
}

}  // namespace

TEST_CASE("the last request a connection may have is answered with Connection: close") {
    ServerOptions options;
    options.requests_per_connection = 3;
    Limits limits;
    TestServer server(limits_routes, options, &limits);
    Client client = server.connect();
    client.send(get("/?1") + get("/?2") + get("/?3") + get("/?4"));
    const std::string all = client.read_all();
    CHECK_THAT(all, Contains("GET /?3 ") && !Contains("GET /?4 "));
    CHECK(all.find("connection: close") > all.find("GET /?2 "));
    CHECK_FALSE(client.was_reset());
    CHECK(limits.of(Limit::requests_per_connection) == 1);
}

TEST_CASE("a client address has so many connections and no more, until one of them ends") {
    ServerOptions options;
    options.connections_per_address = 2;
    Limits limits;
    TestServer server(limits_routes, options, &limits);
    Client first = server.connect();
    Client second = server.connect();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 2; }));
    Client third = server.connect();
    const std::string refused = third.read_all();
    CHECK(status_of(refused) == 503);
    CHECK_THAT(refused, Contains("retry-after: 1\r\n"));
    CHECK(limits.of(Limit::connections_per_address) == 1);
    first.reset();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 1; }));
    Client fourth = server.connect();
    fourth.send(get("/"));
    CHECK(status_of(fourth.read_response()) == 200);
}

TEST_CASE("with too many requests in flight others are shed at once, probes are not") {
    released = false;
    ServerOptions options;
    options.max_in_flight = 2;
    Limits limits;
    TestServer server(limits_routes, options, &limits);
    std::vector<Client> busy;
    for (int i = 0; i < 2; ++i) {
        busy.push_back(server.connect());
        busy.back().send(get("/wait"));
    }
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 2; }));
    Client client = server.connect();
    client.send(get("/"));
    const std::string shed = client.read_response();
    CHECK(status_of(shed) == 503);
    CHECK_THAT(shed, Contains("retry-after: 1\r\n") && !Contains("connection: close"));
    client.send(get("/health"));
    CHECK(status_of(client.read_response()) == 200);
    CHECK(limits.of(Limit::in_flight) == 1);
    released = true;
    for (Client& each : busy) CHECK(status_of(each.read_response()) == 200);
    client.send(get("/"));
    CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("behind a blocked loop requests are shed, and once it turns again they are not") {
    ServerOptions options;
    options.max_lag = 100ms;
    Limits limits;
    TestServer server(limits_routes, options, &limits);
    Client block = server.connect();
    Client client = server.connect();
    client.send(get("/"));
    REQUIRE(status_of(client.read_response()) == 200);
    block.send(get("/block"));
    CHECK(status_of(block.read_response()) == 200);
    bool shed = false;
    for (int i = 0; i < 50 && !shed; ++i) {
        block.send(get("/block"));
        block.send(get("/"));
        block.read_response();
        shed = status_of(block.read_response()) == 503;
    }
    CHECK(shed);
    CHECK(limits.of(Limit::lag) >= 1);
    client.send(get("/health"));
    CHECK(status_of(client.read_response()) == 200);
    bool served = false;
    for (int i = 0; i < 1000 && !served; ++i) {
        ::poll(nullptr, 0, 5);
        client.send(get("/"));
        served = status_of(client.read_response()) == 200;
    }
    CHECK(served);
}

TEST_CASE("what a proxy tells about its client is believed from trusted networks only") {
    const std::string fields =
        "X-Forwarded-For: 203.0.113.7, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n";
    {
        TestServer server(limits_routes);
        Client client = server.connect();
        client.send(get("/who", fields));
        CHECK(body_of(client.read_response()) == "127.0.0.1 http");
    }
    ServerOptions options;
    options.trusted_proxies = {*Network::from_text("127.0.0.0/8"),
                               *Network::from_text("10.0.0.0/8")};
    TestServer server(limits_routes, options);
    Client client = server.connect();
    client.send(get("/who", fields) + get("/who"));
    CHECK(body_of(client.read_response()) == "203.0.113.7 https");
    CHECK(body_of(client.read_response()) == "127.0.0.1 http");
}

TEST_CASE("a unix domain socket is served beside the port, and a trusted one tells its clients") {
    ServerOptions options;
    options.trusted_proxies = {*Network::from_text("unix")};
    TestServer server(limits_routes, options);
    std::string path = "/tmp/troika-limits-" + std::to_string(::getpid()) + ".sock";
    ListenOptions place;
    place.path = path;
    server.listen(place);
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const std::string request =
        get("/who") + get("/who", "Forwarded: for=\"[2001:db8::7]:4711\";proto=https\r\n" +
                                      std::string("Connection: close\r\n"));
    REQUIRE(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    std::string all;
    std::string piece(4096, '\0');
    for (ssize_t n = 0; (n = ::recv(fd.get(), piece.data(), piece.size(), 0)) > 0;)
        all.append(piece, 0, static_cast<std::size_t>(n));
    CHECK_THAT(all, Contains("local http") && Contains("2001:db8::7 https"));
    Client client = server.connect();
    client.send(get("/who"));
    CHECK(body_of(client.read_response()) == "127.0.0.1 http");
    ::unlink(path.c_str());
}

TEST_CASE("the Server field is there, and can be switched off") {
    TestServer server(limits_routes);
    Client client = server.connect();
    client.send(get("/"));
    CHECK_THAT(client.read_response(), Contains("\r\nserver: troika\r\n"));
    ServerOptions options;
    options.server_name.clear();
    TestServer quiet(limits_routes, options);
    Client other = quiet.connect();
    other.send(get("/"));
    CHECK_THAT(other.read_response(), !Contains("server:") && Contains("\r\ndate: "));
}
