#include "eventually.hpp"
#include "pattern.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace troika::testing;

// A service as its developer has it: in the foreground of a terminal.

TEST_CASE(
    "on a terminal the log is coloured text, elsewhere JSON, and either where it is asked for") {
    const std::string coloured =
        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z "
        "\x1b\\[32minfo\\s*\x1b\\[0m\\s+\\S.*\r\n";
    const ServiceProcess on_terminal = ServiceProcess::listening({.terminal = true});
    CHECK(!find_pattern(on_terminal.output(), coloured).empty());
    CHECK(on_terminal.count_output("{\"") == 0);

    const ServiceProcess elsewhere = ServiceProcess::listening();
    CHECK(elsewhere.count_output("\"level\":\"info\"") > 0);
    CHECK(elsewhere.count_output("\x1b") == 0);

    const ServiceProcess json =
        ServiceProcess::listening({.arguments = {"--log.format", "json"}, .terminal = true});
    CHECK(json.count_output("\"level\":\"info\"") > 0);
    CHECK(json.count_output("\x1b") == 0);

    const ServiceProcess text = ServiceProcess::listening({.arguments = {"--log.format", "text"}});
    CHECK(text.count_output("Z info ") > 0);
    CHECK(text.count_output("\x1b") == 0);
}

TEST_CASE("Ctrl-C at the terminal: the worker goes on with its job, all is answered, exit 0") {
    ServiceProcess service = ServiceProcess::listening({.terminal = true});
    const std::string gate = service.folder().file("gate");
    SocketClient computing(service.port());
    computing.get("/process/wait?gate=" + gate);
    SocketClient blocking(service.port());
    blocking.get("/thread/wait?gate=" + gate);
    service.wait_in_flight(2);
    service.type("\x03");
    service.wait_output("stopping");
    service.folder().write("gate");
    CHECK(computing.read_reply().status == 200);
    CHECK(blocking.read_reply().status == 200);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("Ctrl-C twice at the terminal ends a service at once, whatever it does") {
    ServiceProcess service = ServiceProcess::listening({.terminal = true});
    SocketClient waiting(service.port());
    waiting.get("/loop/wait?gate=" + service.folder().file("never"));
    service.wait_in_flight(1);
    service.type("\x03");
    service.wait_output("stopping");
    service.type("\x03");
    CHECK(service.wait_exit() == 128 + SIGINT);
    CHECK(eventually([&] { return !service.any_alive(); }));
}
