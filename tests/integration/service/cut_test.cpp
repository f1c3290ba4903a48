#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace troika::testing;
using Catch::Contains;

namespace {

ServiceOptions short_drain(std::vector<std::string> more = {}) {
    ServiceOptions options{
        .arguments = {"--shutdown.drain_timeout", "100ms", "--shutdown.cancel_grace", "500ms"}};
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    return options;
}

}  // namespace

TEST_CASE("at the end of the drain a request that does not end gets 503, exit 1") {
    ServiceProcess service = ServiceProcess::listening(short_drain());
    SocketClient client(service.port());
    client.get("/loop/for_ever");
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    const Reply reply = client.read_reply();
    CHECK(reply.status == 503);
    CHECK(reply.complete);
    CHECK(reply.closes());
    CHECK(reply.header("content-type") == "application/problem+json");
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("cut a request") && Contains("/loop/for_ever"));
    CHECK_THAT(service.output(), Contains("stopped first"));
    CHECK(service.left_over() == "");
}

TEST_CASE("at the end of the drain running and queued jobs are given up with 503") {
    ServiceProcess service = ServiceProcess::listening(
        short_drain({"--threads.threads", "2", "--processes.processes", "1"}));
    const std::string gate = service.folder().file("never");
    SocketClient running(service.port());
    running.get("/process/wait?gate=" + gate);
    SocketClient queued(service.port());
    service.wait_in_flight(1);
    queued.get("/process/wait?gate=" + gate);
    service.wait_in_flight(2);
    service.signal(SIGTERM);
    CHECK(running.read_reply().status == 503);
    CHECK(queued.read_reply().status == 503);
    CHECK(service.wait_exit() == 1);
    CHECK(service.count_output("cut a request") == 2);
    CHECK(service.left_over() == "");
}

TEST_CASE("a thread that never returns costs its request 503 and the process exit 1") {
    ServiceProcess service = ServiceProcess::listening(short_drain());
    SocketClient client(service.port());
    client.get("/thread/for_ever?gate=" + service.folder().file("thread"));
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    CHECK(client.read_reply().status == 503);
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("threads are still at work"));
    CHECK_THAT(service.output(), !Contains("stopped first"));
    CHECK(service.left_over() == "");
}

TEST_CASE("a thread whose client has left is waited for as long as requests are, exit 0") {
    ServiceProcess service = ServiceProcess::listening({});
    SocketClient client(service.port());
    client.get("/thread/wait?gate=" + service.folder().file("gate"));
    service.wait_in_flight(1);
    client.close();
    REQUIRE(eventually([&] { return service.metric("troika_http_requests_in_flight") == 1; }));
    service.signal(SIGTERM);
    service.wait_output("waiting for threads whose callers have left");
    service.folder().write("gate");
    CHECK(service.wait_exit() == 0);
    CHECK_THAT(service.output(), Contains("stopped first") && !Contains("still at work"));
}

TEST_CASE("an answer in the middle of its stream is cut at the end of the drain, and looks cut") {
    ServiceProcess service = ServiceProcess::listening(short_drain());
    SocketClient client(service.port());
    client.get("/stream");
    service.wait_in_flight(1);
    service.signal(SIGTERM);
    std::string received;
    CHECK(client.wait_end(&received) == SocketClient::Ending::reset);
    CHECK_THAT(received, Contains("200 OK") && !Contains("0\r\n\r\n"));
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("cut a request") && Contains("/stream"));
}

TEST_CASE("a loop that blocks during the drain does not outlive the hard limit") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--shutdown.lame_duck", "500ms", "--shutdown.drain_timeout", "100ms",
                       "--shutdown.cancel_grace", "100ms"}});
    const std::string gate = service.folder().file("never");
    service.signal(SIGTERM);
    service.wait_output("stopping");
    SocketClient blocks(service.port());
    blocks.get("/loop/block?gate=" + gate);
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("the hard limit of the shutdown has passed"));
    CHECK(eventually([&] { return !service.any_alive(); }));
}

TEST_CASE("the hard limit also counts when the loop was blocked before the signal") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--shutdown.drain_timeout", "100ms", "--shutdown.cancel_grace", "100ms"}});
    SocketClient blocks(service.port());
    blocks.get("/loop/block?gate=" + service.folder().file("never"));
    REQUIRE(eventually([&] {
        return !read_file(service.folder().file("never." + service.pid_inside())).empty();
    }));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("the hard limit of the shutdown has passed"));
    CHECK(eventually([&] { return !service.any_alive(); }));
}
