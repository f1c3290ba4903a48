#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <sstream>
#include <string>

using namespace troika::testing;
using Catch::Contains;

namespace {

struct Asked {
    std::string what;  // of same_handler in fixture_routes.cpp
    std::string body = "";
    bool post = false;
    std::string fields = "";
};

// The Date is the second it was sent, and so differs with no fault of anybody.
std::string without_date(std::string head) {
    const auto date = head.find("\r\ndate: ");
    if (date != std::string::npos) head.erase(date, head.find('\r', date + 2) - date);
    return head;
}

std::array<Reply, 3> ask_all(const ServiceProcess& service, const Asked& asked) {
    std::array<Reply, 3> replies;
    const char* const places[] = {"loop", "thread", "process"};
    for (std::size_t i = 0; i < 3; ++i) {
        SocketClient client(service.port());
        const std::string target = "/at/" + std::string(places[i]) + "/" + asked.what;
        const std::string fields = asked.fields + "X-Request-Id: same-id\r\n";
        const bool sent =
            asked.post ? client.post(target, asked.body, fields) : client.get(target, fields);
        REQUIRE(sent);
        replies[i] = client.read_reply();
        REQUIRE(replies[i].complete);
        replies[i].head = without_date(replies[i].head);
        // The connection must be as usable as before.
        REQUIRE(client.get("/ping"));
        REQUIRE(client.read_reply().status == 200);
    }
    return replies;
}

Reply same_everywhere(const ServiceProcess& service, const Asked& asked) {
    auto [loop, thread, process] = ask_all(service, asked);
    INFO("asked for " << asked.what << ", body of " << asked.body.size() << " bytes");
    CHECK(loop.head == thread.head);
    CHECK(loop.head == process.head);
    const bool equal_bodies = loop.body == thread.body && loop.body == process.body;
    CHECK(equal_bodies);  // not printed: they are large
    return std::move(loop);
}

}  // namespace

TEST_CASE("the same handler answers with the same bytes on loop, thread and process") {
    ServiceProcess service = ServiceProcess::listening();

    SECTION("an empty body") {
        const Reply reply = same_everywhere(service, {.what = "echo", .post = true});
        CHECK(reply.status == 200);
        CHECK(reply.body.empty());
        CHECK(reply.header("content-length") == "0");
    }
    SECTION("bodies below, at and above every limit at which they travel otherwise") {
        const std::size_t size = GENERATE(1, 16'384, 16'385, 65'536, 262'144, 262'145, 1'048'576,
                                          1'048'577, 3'000'000, 67'108'864);
        std::string body(size, '\0');
        for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 251);
        const Reply reply = same_everywhere(service, {.what = "echo",
                                                      .body = body,
                                                      .post = true,
                                                      .fields = "Content-Type: image/x-test\r\n"});
        CHECK(reply.status == 200);
        CHECK(reply.header("content-type") == "image/x-test");
        const bool as_sent = reply.body == body;
        CHECK(as_sent);
    }
    SECTION("a thrown HttpError, with its type and its fields") {
        const Reply reply = same_everywhere(service, {.what = "http_error"});
        CHECK(reply.status == 409);
        CHECK(reply.header("retry-after") == "7");
        CHECK_THAT(reply.body, Contains("urn:problem:test-conflict") && Contains("same-id"));
    }
    SECTION("a thrown std::exception, whose text stays inside") {
        const Reply reply = same_everywhere(service, {.what = "error"});
        CHECK(reply.status == 500);
        CHECK_THAT(reply.body, !Contains("secret"));
        service.wait_output("an inner secret", 3);
    }
    SECTION("no content") {
        const Reply reply = same_everywhere(service, {.what = "no_content"});
        CHECK(reply.status == 204);
        CHECK_FALSE(reply.header("content-length"));
    }
    SECTION("repeated fields, in their order") {
        const Reply reply = same_everywhere(service, {.what = "cookies"});
        CHECK(reply.status == 201);
        CHECK_THAT(reply.head, Contains("set-cookie: a=1; Path=/\r\nset-cookie: b=2\r\n"
                                        "set-cookie: a=3\r\n"));
    }
    SECTION("binary values of fields, both ways") {
        const Reply reply = same_everywhere(
            service, {.what = "binary", .fields = "X-Binary: \xc3\xa4\x80\xfe\xff|\r\n"});
        CHECK(reply.header("x-given") == "\xc3\xa4\x80\xfe\xff|");
        CHECK(reply.header("x-made") == "\x80\xff\t\xfe.");
    }
    SECTION("query, id and host of the request") {
        SocketClient client(service.port());
        const Reply reply =
            get(service.port(), "/at/process/request?q=a%20b%00c", "X-Request-Id: mine\r\n");
        CHECK(reply.body ==
              std::string("/at/process/request?q=a%20b%00c|a b") + (char)0 + "c|mine|test\n");
    }
}

TEST_CASE(
    "a handler's log line names its request in all three places, and in a worker the worker") {
    ServiceProcess service = ServiceProcess::listening({.arguments = {"--log.format", "json"}});
    for (const std::string place : {"loop", "thread", "process"}) {
        SocketClient client(service.port());
        client.send("GET /at/" + place + "/log HTTP/1.1\r\nHost: a\r\nX-Request-Id: id-" + place +
                    "\r\n\r\n");
        CHECK(client.read_reply().status == 204);
        service.wait_output("\"request_id\":\"id-" + place + "\"");
    }
    std::istringstream lines(service.output());
    int seen = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("a line of the handler") == std::string::npos) continue;
        ++seen;
        INFO(line);
        CHECK_THAT(line, Contains("\"level\":\"warning\""));
        CHECK_THAT(line, Contains("\"bytes\":0"));
        const bool in_worker = line.find("id-process") != std::string::npos;
        CHECK((line.find("\"worker\":") != std::string::npos) == in_worker);
    }
    CHECK(seen == 3);
}
