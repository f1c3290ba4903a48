#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <string>

using namespace troika::testing;

TEST_CASE("a blocked loop is told once, with its route and where it stands, and the loop goes on") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--log.blocked_loop", "50ms"}});
    SocketClient client(service.port());
    const std::string gate = service.folder().file("gate");
    client.get("/loop/block?gate=" + gate);
    service.wait_output("the event loop is blocked");
    CHECK(service.count_output("/loop/block") == 1);
    CHECK(service.count_output("service_fixture+0x") > 0);
    std::ofstream(gate) << "open";
    CHECK(client.read_reply().status == 200);
    CHECK(service.count_output("the event loop is blocked") == 1);
}

TEST_CASE("log.blocked_loop 0 tells nothing of a blocked loop") {
    ServiceProcess service = ServiceProcess::listening({.arguments = {"--log.blocked_loop", "0s"}});
    SocketClient client(service.port());
    const std::string gate = service.folder().file("gate");
    client.get("/loop/block?gate=" + gate);
    SocketClient waits(service.port());  // behind the blocked loop, answered once it goes on
    waits.get("/");
    std::ofstream(gate) << "open";
    CHECK(client.read_reply().status == 200);
    CHECK(service.count_output("is blocked") == 0);
}
