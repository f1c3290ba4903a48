#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace troika::testing;
using Catch::Contains;

TEST_CASE("a signal while starting abandons the start, undoes what ran in reverse, exit 0") {
    const int number = GENERATE(SIGTERM, SIGINT);
    ServiceProcess service({.environment = {{"FIXTURE", "start takes for ever"}}});
    service.wait_output("a start that takes for ever");
    service.signal(number);
    CHECK(service.wait_exit() == 0);
    const std::string output = service.output();
    CHECK_THAT(output, Contains("start abandoned"));
    const auto second = output.find("stopped second");
    const auto first = output.find("stopped first");
    REQUIRE(second != std::string::npos);
    REQUIRE(first != std::string::npos);
    CHECK(second < first);
    CHECK_THAT(output, !Contains("third") && !Contains("listening"));
    CHECK(service.left().empty());
}

TEST_CASE("a start hook that throws undoes those before it, says why, exit 1") {
    const Finished finished = run_to_end({.environment = {{"FIXTURE", "start fails"}}});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output, Contains("the database is not there"));
    CHECK_THAT(finished.output, Contains("stopped second") && Contains("stopped first"));
    CHECK_THAT(finished.output, !Contains("started third"));
}

TEST_CASE("a signal before the watchdog is there ends the process with 128 + its number") {
    ServiceProcess service({.environment = {{"FIXTURE", "hang in configure"}}});
    service.wait_output("configure hangs");
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 128 + SIGTERM);
    CHECK(service.left().empty());
}

TEST_CASE("a port in use: exit 1, address and port named, nothing left") {
    ServiceProcess first = ServiceProcess::listening();
    ServiceProcess second({.port = first.port()});
    CHECK(second.wait_exit() == 1);
    CHECK_THAT(second.output(), Contains("127.0.0.1:" + std::to_string(first.port())) &&
                                    Contains("Address already in use"));
    CHECK_THAT(second.output(), Contains("stopped first"));
    CHECK(second.left().empty());
    CHECK(get(first.port(), "/ping").status == 200);
}

TEST_CASE("a port can be taken again at once after the service on it has ended") {
    ServiceProcess first = ServiceProcess::listening();
    SocketClient client(first.port());
    client.get("/ping");
    REQUIRE(client.read_reply().status == 200);
    first.signal(SIGTERM);
    REQUIRE(first.wait_exit() == 0);
    ServiceProcess second = ServiceProcess::listening({.port = first.port()});
    CHECK(get(second.port(), "/ping").status == 200);
}
