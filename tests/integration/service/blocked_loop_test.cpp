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
    // The call that was not answered in time has its place in the histogram.
    CHECK(service.metric("troika_loop_lag_seconds_sum{loop=\"0\"}") >= 0.05);
    CHECK(service.metric("troika_loop_lag_seconds_bucket{loop=\"0\",le=\"0.025\"}") <
          service.metric("troika_loop_lag_seconds_count{loop=\"0\"}"));
}

TEST_CASE("log.blocked_loop 0 tells nothing of a loop that a short threshold tells of") {
    // The silent one is blocked for as long as the other takes to tell of two incidents.
    ServiceProcess silent = ServiceProcess::listening({.arguments = {"--log.blocked_loop", "0s"}});
    ServiceProcess telling =
        ServiceProcess::listening({.arguments = {"--log.blocked_loop", "50ms"}});
    SocketClient to_silent(silent.port());
    SocketClient to_telling(telling.port());
    const std::string first = silent.folder().file("gate");
    to_silent.get("/loop/block?gate=" + first);
    to_telling.get("/loop/block?gate=" + telling.folder().file("gate"));
    telling.wait_output("the event loop is blocked");
    std::ofstream(telling.folder().file("gate")) << "open";
    CHECK(to_telling.read_reply().status == 200);
    SocketClient again(telling.port());
    again.get("/loop/block?gate=" + telling.folder().file("second"));
    telling.wait_output("the event loop is blocked", 2);
    std::ofstream(telling.folder().file("second")) << "open";
    CHECK(again.read_reply().status == 200);
    std::ofstream(first) << "open";
    CHECK(to_silent.read_reply().status == 200);
    CHECK(silent.count_output("is blocked") == 0);
}
