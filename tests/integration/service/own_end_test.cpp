#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace troika::testing;
using Catch::Contains;

namespace {

std::string post(std::uint16_t port, const std::string& path) {
    SocketClient client(port);
    client.send("POST " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
    return client.read_reply().head;
}

}  // namespace

TEST_CASE(
    "a service that stops itself from a thread answers, tells who listens, and exits with 0") {
    ServiceProcess service =
        ServiceProcess::listening({.environment = {{"FIXTURE", "stops itself"}}});
    CHECK_THAT(post(service.port(), "/stop"), Contains("204"));
    CHECK(service.wait_exit() == 0);
    const std::string output = service.output();
    CHECK_THAT(output,
               Contains("asked to stop by the service itself") && Contains("told that it stops"));
    CHECK(output.find("told that it stops") < output.find("stopped first"));
    CHECK(service.left_over() == "");
}

TEST_CASE("a signal after the service's own request to stop lets its requests finish") {
    ServiceProcess service =
        ServiceProcess::listening({.environment = {{"FIXTURE", "stops itself"}}});
    SocketClient slow(service.port());
    const std::string gate = service.folder().file("gate");
    slow.get("/process/wait?gate=" + gate);
    service.wait_in_flight(1);
    CHECK_THAT(post(service.port(), "/stop"), Contains("204"));
    service.wait_output("stopping");
    service.signal(SIGTERM);
    service.wait_output("SIGTERM");
    service.folder().write("gate", "open");
    CHECK(slow.read_reply().status == 200);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("hooks of signals run as often as the signal comes, SIGHUP's after the reload") {
    ServiceProcess service =
        ServiceProcess::listening({.environment = {{"FIXTURE", "hooks of signals"}}});
    for (int i = 1; i <= 3; ++i) {
        service.signal(SIGUSR1);
        service.wait_output("a user signal came", i);
    }
    service.signal(SIGHUP);
    service.wait_output("a user signal came", 4);
    const std::string output = service.output();
    CHECK(output.find("reloaded") < output.rfind("a user signal came"));
    CHECK(get(service.port(), "/ping").status == 200);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("a user signal to all of a service's processes is the server's alone") {
    ServiceProcess service =
        ServiceProcess::listening({.environment = {{"FIXTURE", "hooks of signals"}}});
    const auto workers = service.workers();
    for (const int number : {SIGUSR1, SIGUSR2, SIGHUP}) {
        for (const char* name : {"troika-zygote", "troika-standby", "troika-worker"})
            for (const pid_t pid : service.named(name)) ::kill(pid, number);
    }
    CHECK(get(service.port(), "/process/ping").status != 0);
    CHECK(service.workers() == workers);
    CHECK(service.named("troika-zygote").size() == 1);
    CHECK(service.named("troika-standby").size() == 1);
}

TEST_CASE(
    "a service that stops leaves its successor's socket file alone, and takes its own along") {
    const TemporaryFolder folder;
    const std::string path = folder.file("service.sock");
    const std::vector<std::string> arguments{"--server.listen", "unix:" + path};
    ServiceProcess first = ServiceProcess::listening({.arguments = arguments});
    SocketClient slow(first.port());
    slow.get("/process/wait?gate=" + first.folder().file("gate"));
    first.wait_in_flight(1);
    first.signal(SIGTERM);
    first.wait_output("stopping");
    ServiceProcess second({.arguments = arguments});
    second.wait_output("unix:" + path);
    first.folder().write("gate", "open");
    CHECK(first.wait_exit() == 0);
    CHECK(std::filesystem::is_socket(path));
    second.signal(SIGTERM);
    CHECK(second.wait_exit() == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}
