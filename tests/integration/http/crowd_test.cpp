#include "test_server.hpp"

#include <filesystem>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

// Many bad clients at once, and what they leave behind.
namespace {

void crowd_routes(Router& router) {
    add(router, Method::get, "/", echo);
    add(router, Method::post, "/", echo);
}

bool is_empty(const ServerStats& stats) {
    return stats.connections == 0 && stats.in_request == 0 && stats.buffered_bytes == 0;
}

}  // namespace

TEST_CASE("two thousand resets in the middle of a request leave no descriptor and no memory") {
    TestServer server(crowd_routes);
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
    REQUIRE(server.reaches(is_empty));
    const std::size_t before = open_descriptors();
    const std::vector<std::string> parts{
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX: y",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhel",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"};
    constexpr int kAtOnce = 50;
    for (int i = 0; i < 2000 / kAtOnce; ++i) {
        std::vector<Client> clients;
        for (std::size_t k = 0; k < kAtOnce; ++k) {
            clients.push_back(server.connect());
            clients.back().send(parts[k % parts.size()]);
        }
        for (Client& client : clients) client.reset();
    }
    CHECK(server.reaches(is_empty));
    CHECK(open_descriptors() == before);
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("two hundred slow and idle clients keep nobody waiting, and get what they deserve") {
    ServerOptions options;
    options.head_timeout = std::chrono::milliseconds(600);
    options.idle_timeout = std::chrono::milliseconds(900);
    TestServer server(crowd_routes, options);
    std::vector<Client> slow;
    std::vector<Client> idle;
    for (int i = 0; i < 100; ++i) {
        slow.push_back(server.connect());
        slow.back().send("GET / HTTP/1.1\r\nX: ");
        idle.push_back(server.connect());
    }
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 200; }));
    Client good = server.connect();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 201; }));
    int served = 0;
    pollfd first_answer{slow[1].fd(), POLLIN, 0};
    while (::poll(&first_answer, 1, 0) == 0) {
        for (std::size_t i = 0; i < slow.size(); i += 10) slow[i].send("y");
        good.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        if (status_of(good.read_response()) != 200) break;
        ++served;
    }
    CHECK(served >= 1);
    good.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(status_of(good.read_all()) == 200);
    int timed_out = 0;
    for (Client& client : slow) timed_out += status_of(client.read_response()) == 408 ? 1 : 0;
    CHECK(timed_out == 100);
    int let_go = 0;
    for (Client& client : idle) let_go += client.read_all().empty() && !client.was_reset() ? 1 : 0;
    CHECK(let_go == 100);
    slow.clear();
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}
