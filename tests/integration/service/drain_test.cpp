#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <deque>
#include <string>
#include <vector>

using namespace troika::testing;
using Catch::Contains;

TEST_CASE("SIGTERM with fifty requests under way and jobs queued: all are answered, exit 0") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--threads.threads", "2", "--processes.processes", "2"}});
    const std::string gate = service.folder().file("gate");
    constexpr int kRequests = 51;  // 17 each; 15 of them queued in each pool
    const char* const places[] = {"loop", "thread", "process"};
    std::deque<SocketClient> clients;
    for (int i = 0; i < kRequests; ++i) {
        clients.emplace_back(service.port());
        std::string target = "/";
        target.append(places[i % 3]).append("/wait?gate=").append(gate);
        clients.back().get(target);
    }
    service.wait_in_flight(kRequests);
    REQUIRE(eventually([&] {
        return service.metric("troika_pool_queue_depth{pool=\"processes\"}") == 15 &&
               service.metric("troika_pool_queue_depth{pool=\"threads\"}") == 15;
    }));

    service.signal(SIGTERM);
    service.wait_output("stopping");
    service.folder().write("gate");
    for (SocketClient& client : clients) {
        const Reply reply = client.read_reply();
        CHECK(reply.status == 200);
        CHECK(reply.complete);
        CHECK(reply.closes());
        CHECK(reply.body == "released by the gate\n");
        CHECK(client.wait_end() == SocketClient::Ending::end);
    }
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
    CHECK_THAT(service.output(), Contains("stopped first"));
}

TEST_CASE("idle, silent and half-sent connections get their end at SIGTERM and hold up nothing") {
    ServiceProcess service = ServiceProcess::listening();
    SocketClient idle(service.port());
    idle.get("/ping");
    REQUIRE(idle.read_reply().status == 200);
    SocketClient silent(service.port());
    SocketClient half_head(service.port());
    half_head.send("GET /ping HTTP/1.1\r\nHos");
    SocketClient half_body(service.port());
    half_body.send("POST /at/loop/echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf");
    REQUIRE(eventually(
        [&] { return service.metric("troika_connections{loop=\"0\",state=\"idle\"}") >= 3; }));
    service.wait_in_flight(1);

    service.signal(SIGTERM);
    CHECK(idle.wait_end() == SocketClient::Ending::end);
    CHECK(silent.wait_end() == SocketClient::Ending::end);
    CHECK(half_head.wait_end() == SocketClient::Ending::end);
    CHECK(half_body.wait_end() == SocketClient::Ending::end);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

// A drain waits for what is there, not for what was counted and never counted off.
TEST_CASE("gunicorn#3661: connections that broke off long ago hold up no drain", "[peers]") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--shutdown.drain_timeout", "300s"}});
    const std::string gate = service.folder().file("gate");
    for (int i = 0; i < 60; ++i) {
        SocketClient client(service.port());
        switch (i % 6) {
            case 0: break;
            case 1: client.send("GET /ping HTTP/1.1\r\nHos"); break;
            case 2: client.get("/ping"); break;  // its answer is not read: a reset
            case 3: client.send("nonsense\r\n\r\n"); break;
            case 4: client.get("/loop/wait?gate=" + gate); break;
            default:
                client.send(
                    "POST /at/loop/echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nab");
        }
        client.close();
    }
    SocketClient last(service.port());
    last.get("/loop/wait?gate=" + gate);
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    service.wait_output("stopping");
    service.folder().write("gate");
    CHECK(last.read_reply().status == 200);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("a lame duck is not ready, still accepts and serves, and says Connection: close") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--shutdown.lame_duck", "60s"}});
    SocketClient kept(service.port());
    kept.get("/readyz");
    CHECK(kept.read_reply().status == 200);

    service.signal(SIGTERM);
    service.wait_output("stopping");
    kept.get("/readyz");
    const Reply not_ready = kept.read_reply();
    CHECK(not_ready.status == 503);
    CHECK(not_ready.closes());
    CHECK_THAT(not_ready.body, Contains("stopping"));
    const Reply served = get(service.port(), "/ping");
    CHECK(served.status == 200);
    CHECK(served.closes());
    CHECK(get(service.port(), "/livez").status == 200);

    service.signal(SIGINT);
    CHECK(service.wait_exit() == 128 + SIGINT);
}

TEST_CASE("a request whose body still arrives at SIGTERM is received and answered") {
    ServiceProcess service = ServiceProcess::listening();
    SocketClient client(service.port());
    client.send("POST /at/loop/echo HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nfirs");
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    service.wait_output("stopping");
    client.send("tly!");
    const Reply reply = client.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == "firstly!");
    CHECK(reply.closes());
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("stop hooks that overrun are cut and named, each has its own time, the sum is told") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--shutdown.drain_timeout", "10ms", "--shutdown.cancel_grace", "10ms",
                       "--shutdown.hook_timeout", "300ms"},
         .environment = {{"FIXTURE", "stop takes for ever"}}});
    // 20 ms, 500 ms for pools and log, and 300 ms for each of five hooks: three parts and two that hang.
    CHECK_THAT(service.output(), Contains("\"stops_within\":2.02"));
    SocketClient cut(service.port());
    cut.get("/loop/for_ever");
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 1);  // for the request that was cut
    CHECK_THAT(service.output(), Contains("\"part\":\"on_stop hook 1\",\"limit\":0.3") &&
                                     Contains("\"part\":\"on_stop hook 2\",\"limit\":0.3") &&
                                     Contains("stopped first") && !Contains("forced to end"));
    CHECK(service.left_over() == "");
}
