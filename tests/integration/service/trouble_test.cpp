#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <deque>
#include <random>
#include <string>

using namespace troika::testing;
using Catch::Contains;

TEST_CASE("out of descriptors a service keeps the connections it has, and recovers") {
    // More connections are allowed than there are descriptors, so that these end first.
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--server.max_connections", "1000", "--threads.threads", "1"},
         .descriptors = 64});
    SocketClient early(service.port());
    early.get("/ping");
    REQUIRE(early.read_reply().status == 200);
    std::deque<SocketClient> crowd;
    for (int i = 0; i < 100; ++i) crowd.emplace_back(service.port());
    service.wait_output("no file descriptors left");
    early.get("/ping");
    CHECK(early.read_reply().status == 200);
    crowd.clear();
    CHECK(eventually([&] { return get(service.port(), "/ping").status == 200; }));
    early.get("/ping");
    CHECK(early.read_reply().status == 200);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("with few descriptors the connection limit keeps some back for everything else") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--threads.threads", "1"}, .descriptors = 128});
    SocketClient early(service.port());
    early.get("/ping");
    REQUIRE(early.read_reply().status == 200);
    std::deque<SocketClient> crowd;
    for (int i = 0; i < 200; ++i) crowd.emplace_back(service.port());
    early.get("/ping");
    CHECK(early.read_reply().status == 200);
    for (const pid_t worker : service.workers()) ::kill(worker, SIGKILL);
    service.folder().write("open");
    const std::string open = "/process/wait?gate=" + service.folder().file("open");
    // Until the deaths are noticed, a job may still be given to the dead.
    CHECK(eventually([&] { return early.get(open) && early.read_reply().status == 200; }));
    crowd.clear();
    CHECK(eventually([&] { return get(service.port(), "/ping").status == 200; }));
}

TEST_CASE("a log nobody reads stops neither requests nor the shutdown") {
    const std::uint16_t port = [] {
        ServiceProcess other = ServiceProcess::listening();
        return other.port();
    }();
    ServiceProcess service(
        {.arguments = {"--log.access", "true"}, .port = port, .unread_output = true});
    REQUIRE(eventually([&] {
        SocketClient client(port);
        return client.connected();
    }));
    SocketClient client(port);
    for (int i = 0; i < 5000; ++i) {
        REQUIRE(client.get("/ping"));
        REQUIRE(client.read_reply().status == 200);
    }
    const std::string metrics = get(port, "/metrics").body;
    CHECK_THAT(metrics, Contains("\ntroika_log_dropped_lines_total ") &&
                            !Contains("\ntroika_log_dropped_lines_total 0\n"));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("garbage and half requests do not disturb a good client") {
    ServiceProcess service = ServiceProcess::listening();
    SocketClient good(service.port());
    std::mt19937 random(20240229);  // the same bytes every time
    std::deque<SocketClient> half;
    for (int i = 0; i < 200; ++i) {
        std::string garbage(1 + random() % 3000, '\0');
        for (char& byte : garbage) byte = static_cast<char>(random());
        SocketClient bad(service.port());
        bad.send(garbage);
        if (i % 2 == 0) bad.shutdown_write();
        if (i % 3 == 0) half.emplace_back(service.port()).send("GET /loop/wait HTTP/1.1\r\nHost:");
        if (i % 5 == 0)
            half.emplace_back(service.port())
                .send(
                    "POST /at/process/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n12");
        REQUIRE(good.get("/ping"));
        REQUIRE(good.read_reply().body == "pong\n");
    }
    half.clear();
    CHECK(eventually([&] { return service.metric("troika_http_requests_in_flight") <= 1; }));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("a body longer than allowed gets 413 and does not have to be sent") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--server.max_body", "1KiB"}});
    SocketClient client(service.port());
    client.send("POST /release HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    const Reply reply = client.read_reply();
    CHECK(reply.status == 413);
    CHECK(reply.closes());
    CHECK_THAT(reply.body, Contains("too large"));
    CHECK(get(service.port(), "/ping").status == 200);
}
