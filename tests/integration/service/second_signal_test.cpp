#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace troika::testing;

TEST_CASE("a second signal ends the service at once with 128 + its number, workers too") {
    const int second = GENERATE(SIGTERM, SIGINT);
    ServiceProcess service = ServiceProcess::listening();
    SocketClient busy(service.port());
    busy.get("/process/wait?gate=" + service.folder().file("never"));
    SocketClient slow(service.port());
    slow.get("/loop/for_ever");
    service.wait_in_flight(2);
    service.signal(SIGTERM);
    service.wait_output("stopping");
    service.signal(second);
    CHECK(service.wait_exit() == 128 + second);
    CHECK(eventually([&] { return !service.any_alive(); }));
}

TEST_CASE("a second signal is obeyed though the loop is blocked") {
    ServiceProcess service = ServiceProcess::listening();
    SocketClient blocks(service.port());
    blocks.get("/loop/block?gate=" + service.folder().file("never"));
    REQUIRE(eventually([&] {
        return !read_file(service.folder().file("never." + service.pid_inside())).empty();
    }));
    service.signal(SIGINT);
    // A signal that is pending already is not queued twice, so it must have been taken first.
    REQUIRE(eventually([&] {
        return read_file("/proc/" + std::to_string(service.pid()) + "/status")
                   .find("ShdPnd:\t0000000000000000") != std::string::npos;
    }));
    service.signal(SIGINT);
    CHECK(service.wait_exit() == 128 + SIGINT);
    CHECK(eventually([&] { return !service.any_alive(); }));
}
