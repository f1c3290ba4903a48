#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <string>

using namespace troika::testing;
using Catch::Contains;

namespace {

// Lines of level error and above, in json: what a person on call is woken for.
std::size_t loud_lines(const std::string& output) {
    std::size_t count = 0;
    for (const std::string level : {"error", "critical"}) {
        const std::string part = "\"level\":\"" + level + "\"";
        for (auto at = output.find(part); at != std::string::npos; at = output.find(part, at + 1))
            ++count;
    }
    return count;
}

}  // namespace

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
    CHECK(service.left_over() == "");
}

TEST_CASE("a start hook that throws undoes those before it, says why, exit 1") {
    const Finished finished = run_to_end({.environment = {{"FIXTURE", "start fails"}}});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output,
               Contains("\"msg\":\"start failed\",\"part\":\"on_start hook 1\",\"error\":\"the "
                        "database is not there\""));
    CHECK(loud_lines(finished.output) == 1);
    CHECK_THAT(finished.output, Contains("stopped second") && Contains("stopped first"));
    CHECK_THAT(finished.output, !Contains("started third"));
}

TEST_CASE("a signal before the watchdog is there ends the process with 128 + its number") {
    ServiceProcess service({.environment = {{"FIXTURE", "hang in configure"}}});
    service.wait_output("configure hangs");
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 128 + SIGTERM);
    CHECK(service.left_over() == "");
}

TEST_CASE("a port in use: exit 1, one line with address, port and what to do, nothing left") {
    ServiceProcess first = ServiceProcess::listening();
    ServiceProcess second({.port = first.port()});
    CHECK(second.wait_exit() == 1);
    CHECK_THAT(second.output(), Contains("127.0.0.1:" + std::to_string(first.port())) &&
                                    Contains("Address already in use") &&
                                    Contains("choose another port with --server.port"));
    CHECK(loud_lines(second.output()) == 1);
    CHECK_THAT(second.output(), Contains("stopped first"));
    CHECK(second.left_over() == "");
    CHECK(get(first.port(), "/ping").status == 200);
}

TEST_CASE("a failed start is told even where the log is off") {
    ServiceProcess first = ServiceProcess::listening();
    ServiceProcess second({.arguments = {"--log.level", "off"}, .port = first.port()});
    CHECK(second.wait_exit() == 1);
    CHECK_THAT(second.output(), Contains("start failed") && Contains("Address already in use"));
    const std::string output = second.output();
    CHECK(std::count(output.begin(), output.end(), '\n') == 1);
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

TEST_CASE("an address of another machine: exit 1 and one line that says what to do") {
    ServiceProcess service({.arguments = {"--server.address", "192.0.2.1"}});
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("192.0.2.1:0") && Contains("set --server.address to"));
    CHECK(loud_lines(service.output()) == 1);
    CHECK(service.left_over() == "");
}

TEST_CASE("too few descriptors: exit 1 and one line with both numbers and what to do") {
    ServiceProcess service({.descriptors = 24});
    CHECK(service.wait_exit() == 1);
    const std::string output = service.output();
    CHECK_THAT(output, Contains("only 24 file descriptors are allowed, a service needs 64") &&
                           Contains("ulimit -n"));
    CHECK(std::count(output.begin(), output.end(), '\n') == 1);
}

TEST_CASE("the server takes the descriptors it may have, its workers get what it was given") {
    ServiceProcess service =
        ServiceProcess::listening({.descriptors = 512, .soft_descriptors = 128});
    CHECK(get(service.port(), "/process/descriptors").body == "128 512");
    CHECK(service.metric("process_max_fds") == 512);
    // Also those made later.
    for (const pid_t worker : service.workers()) ::kill(worker, SIGKILL);
    CHECK(
        eventually([&] { return get(service.port(), "/process/descriptors").body == "128 512"; }));
}
