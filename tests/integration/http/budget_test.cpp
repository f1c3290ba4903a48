#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

// The budget of buffered bodies, seen by clients; unit/http/server/body_budget_test.cpp has its rules.
namespace {

Task<Response> told_size(Request& request) {
    co_return Response::text(std::to_string(request.bytes().size()));
}

void budget_routes(Router& router) {
    add(router, Method::post, "/size", told_size).limits.body = 100 * 1024 * 1024;
    add(router, Method::post, "/probe", told_size).health = true;
}

ServerOptions with_budget(std::size_t bytes) {
    ServerOptions options;
    options.max_buffered_bytes = bytes;
    return options;
}

std::string post_size(std::size_t length, const std::string& path = "/size") {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
           "\r\n\r\n";
}

// A client whose body is there but for its last byte.
Client almost(const TestServer& server, std::size_t length, const std::string& path = "/size") {
    Client client = server.connect();
    client.send(post_size(length, path) + std::string(length - 1, 'x'));
    return client;
}

bool holds(TestServer& server, std::size_t bytes) {
    return server.reaches(
        [bytes](const ServerStats& stats) { return stats.buffered_bytes == bytes; });
}

std::string take(Client& client, std::size_t length) {
    client.send(post_size(length) + std::string(length, 'x'));
    return body_of(client.read_response());
}

}  // namespace

TEST_CASE("a body longer than the budget of all bodies is 503") {
    TestServer server(budget_routes, with_budget(100000));
    Client client = server.connect();
    client.send(post_size(200000) + std::string(200000, 'x'));
    const std::string response = client.read_all();
    CHECK(status_of(response) == 503);
    CHECK_THAT(response, Contains("retry-after: "));
    CHECK(holds(server, 0));
}

TEST_CASE("slow clients that claim all the budget leave it to those who send") {
    ServerOptions options = with_budget(4000000);
    options.body_grace = std::chrono::minutes(1);  // they are not cut meanwhile
    options.budget_wait = std::chrono::milliseconds(500);
    TestServer server(budget_routes, options);
    std::vector<Client> slow;
    for (int i = 0; i < 4; ++i) {
        slow.push_back(server.connect());
        slow.back().send(post_size(1000000) + "x");
    }
    CHECK(server.reaches([](const ServerStats& stats) { return stats.in_request == 4; }));
    Client client = server.connect();
    CHECK(take(client, 10) == "10");
    CHECK(take(client, 10000) == "10000");
    CHECK(take(client, 3000000) == "3000000");
    CHECK(server.stats().buffered_bytes < 100000);
    slow.clear();
    CHECK(holds(server, 0));
}

TEST_CASE("half-received bodies do not wait for each other for ever") {
    TestServer server(budget_routes, with_budget(1000000));
    constexpr std::size_t kSize = 700000;
    constexpr std::size_t kHalf = 500000;
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(server.connect());
        clients.back().send(post_size(kSize) + std::string(kHalf, 'x'));
    }
    CHECK(server.reaches([](const ServerStats& stats) {
        return stats.in_request == 4 && stats.buffered_bytes >= kSize;
    }));
    std::vector<std::thread> senders;
    for (Client& client : clients)
        senders.emplace_back([&client] { client.send(std::string(kSize - kHalf, 'x')); });
    for (Client& client : clients) CHECK(body_of(client.read_response()) == "700000");
    for (std::thread& sender : senders) sender.join();
    CHECK(holds(server, 0));
}

TEST_CASE("bodies of twice the budget are all taken, and the budget is never passed", "[slow]") {
    constexpr std::size_t kSize = 64 * 1024 * 1024;
    TestServer server(budget_routes);
    const std::string body(kSize, 'x');
    std::atomic<int> taken{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&, client = std::make_shared<Client>(server.connect())] {
            client->send(post_size(kSize));
            client->send(body);
            if (body_of(client->read_response()) == std::to_string(kSize)) ++taken;
        });
    }
    bool within = true;
    server.reaches([&](const ServerStats& stats) {
        within = within && stats.buffered_bytes <= ServerOptions().max_buffered_bytes;
        return stats.in_request == 0 && taken == 8;
    });
    for (std::thread& client : clients) client.join();
    CHECK(taken == 8);
    CHECK(within);
    CHECK(holds(server, 0));
}

TEST_CASE("a body that never finds room is 503 after the wait, and one without hope at once") {
    ServerOptions options = with_budget(100000);
    options.budget_wait = std::chrono::milliseconds(100);
    TestServer server(budget_routes, options);
    Client holder = almost(server, 80000);
    REQUIRE(holds(server, 80000));
    Client waiting = server.connect();
    waiting.send(post_size(30000));
    CHECK(status_of(waiting.read_response()) == 503);
    Client in_chunks = server.connect();
    in_chunks.send(
        "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    CHECK(status_of(in_chunks.read_response()) == 503);
    Client fitting = server.connect();
    CHECK(take(fitting, 10000) == "10000");
    Client hopeless = server.connect();
    hopeless.send(post_size(100001));
    CHECK(status_of(hopeless.read_response()) == 503);
    holder.send("x");
    CHECK(body_of(holder.read_response()) == "80000");
    CHECK(holds(server, 0));
}

TEST_CASE("a body that waited for room is not called slow") {
    ServerOptions options = with_budget(100000);
    options.body_grace = options.body_silence = std::chrono::milliseconds(200);
    TestServer server(budget_routes, options);
    Client holder = almost(server, 80000);
    REQUIRE(holds(server, 80000));
    Client second = server.connect();
    second.send(post_size(60000) + std::string(30000, 'x'));
    CHECK(status_of(holder.read_response()) == 408);
    second.send(std::string(30000, 'x'));
    CHECK(body_of(second.read_response()) == "60000");
}

TEST_CASE("chunks take what there is and give back what they did not need") {
    TestServer server(budget_routes, with_budget(1000000));
    Client client = server.connect();
    const std::string chunk = "186A0\r\n" + std::string(100000, 'x') + "\r\n";
    client.send("POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 9; ++i) client.send(chunk);
    client.send("0\r\n\r\n");
    CHECK(body_of(client.read_response()) == "900000");
    CHECK(holds(server, 0));
}

TEST_CASE("a probe with a body finds room when nobody else does") {
    ServerOptions options = with_budget(100000);
    options.budget_wait = std::chrono::milliseconds(100);
    TestServer server(budget_routes, options);
    Client large = almost(server, 93000);
    REQUIRE(holds(server, 93000));
    Client small = almost(server, 6500);
    REQUIRE(holds(server, 99500));
    Client other = server.connect();
    other.send(post_size(200) + std::string(200, 'x'));
    CHECK(status_of(other.read_response()) == 503);
    Client probe = server.connect();
    probe.send(post_size(200, "/probe") + std::string(200, 'x'));
    CHECK(body_of(probe.read_response()) == "200");
}
