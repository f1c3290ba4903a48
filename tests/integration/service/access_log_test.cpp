#include "eventually.hpp"
#include "json.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

using namespace troika::testing;
using Catch::Contains;

namespace {

// The access lines of a service that has ended.
std::vector<nlohmann::json> lines_of(ServiceProcess& service) {
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    std::vector<nlohmann::json> lines;
    std::istringstream output(service.output());
    for (std::string line; std::getline(output, line);) {
        nlohmann::json json = json_of(line);
        if (json["msg"] == "request") lines.push_back(std::move(json));
    }
    return lines;
}

}  // namespace

TEST_CASE("the access log has one line for each answer, with all that names it and no query") {
    ServiceProcess service = ServiceProcess::listening({.arguments = {"--log.access", "true"}});
    const Reply given =
        get(service.port(), "/at/process/request?token=hunter2", "X-Request-Id: mine\r\n");
    REQUIRE(given.status == 200);
    const Reply made = get(service.port(), "/ping");
    REQUIRE(made.status == 200);
    const auto lines = lines_of(service);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["method"] == "GET");
    CHECK(lines[0]["target"] == "/at/process/request");
    CHECK(lines[0]["route"] == "/at/process/{what}");
    CHECK(lines[0]["status"] == 200);
    CHECK(lines[0]["sent"] == given.body.size());
    CHECK(lines[0]["duration"].get<double>() > 0);
    CHECK(lines[0]["peer"] == "127.0.0.1");
    CHECK(lines[0]["request_id"] == "mine");
    CHECK(lines[0]["cancelled"] == "no");
    // An id that was made is on the answer too, so that its client can name it.
    REQUIRE(made.header("x-request-id"));
    CHECK(lines[1]["request_id"] == *made.header("x-request-id"));
    CHECK_THAT(service.output(), !Contains("hunter2"));
}

TEST_CASE("requests that are refused before a handler have their line too, exactly one") {
    struct Case {
        int status;
        std::string request;
        std::string method, target, route;
    };
    const auto [status, request, method, target, route] = GENERATE(
        Case{400, "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "UNKNOWN", "-", "none"},
        Case{400, "rubbish\r\n\r\n", "UNKNOWN", "-", "none"},
        Case{404, "GET /nowhere?q=1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/nowhere", "(not found)"},
        Case{405, "DELETE /ping HTTP/1.1\r\nHost: a\r\n\r\n", "DELETE", "/ping", "/ping"},
        Case{408, "GET /ping HTTP/1.1\r\n", "UNKNOWN", "-", "none"},
        Case{413, "POST /release HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n", "POST",
             "/release", "/release"},
        Case{414,
             "GET /longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglong "
             "HTTP/1.1\r\nHost: a\r\n\r\n",
             "UNKNOWN", "-", "none"},
        Case{503, "POST /at/loop/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n",
             "POST", "/at/loop/echo", "/at/loop/{what}"});
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--log.access", "true", "--server.head_timeout", "50ms",
                       "--server.max_request_line", "64B", "--server.max_body", "1KiB",
                       "--server.max_buffered_bytes", "512KiB"}});
    SocketClient client(service.port());
    client.send(request);
    const Reply reply = client.read_reply();
    INFO(request.substr(0, 80));
    CHECK(reply.status == status);
    client.close();
    const auto lines = lines_of(service);
    REQUIRE(lines.size() == 1);
    INFO(lines[0].dump());
    CHECK(lines[0]["status"] == status);
    CHECK(lines[0]["method"] == method);
    CHECK(lines[0]["target"] == target);
    CHECK(lines[0]["route"] == route);
    CHECK(lines[0]["peer"] == "127.0.0.1");
    CHECK(lines[0]["sent"] == reply.body.size());
}

TEST_CASE("a request whose client has gone, or that was cut, has its one line and the reason") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--log.access", "true", "--processes.processes", "1"}});
    SocketClient gone(service.port());
    gone.get("/loop/for_ever");
    service.wait_in_flight(1);
    gone.close();
    service.wait_output("client_gone");
    const auto lines = lines_of(service);
    std::size_t seen = 0;
    for (const auto& line : lines) {
        if (line["target"] != "/loop/for_ever") continue;
        ++seen;
        CHECK(line["cancelled"] == "client_gone");
        CHECK(line["status"] == 499);
    }
    CHECK(seen == 1);
}

TEST_CASE("without log.access there is no line, and no id nobody asked for") {
    ServiceProcess service = ServiceProcess::listening();
    CHECK(!get(service.port(), "/ping").header("x-request-id"));
    CHECK(lines_of(service).empty());
}
