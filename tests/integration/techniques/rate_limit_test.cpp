#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troika::testing;

TEST_CASE("a client over its rate gets 429 with Retry-After, and its connection goes on") {
    const TemporaryFolder folder;
    const ServiceProcess service = ServiceProcess::listening(
        {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    SocketClient client(service.port());
    std::string statuses;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(client.get("/limited"));
        const Reply reply = client.read_reply();
        statuses += std::to_string(reply.status) + " ";
        if (reply.status != 429) continue;
        CHECK(std::stoi(reply.header("retry-after").value_or("0")) > 900);  // of 1,000 s
        CHECK(reply.header("content-type") == "application/problem+json");
        CHECK_FALSE(reply.closes());
    }
    CHECK(statuses == "200 200 200 429 429 ");
    // Another connection of the same client has no bucket of its own.
    CHECK(get(service.port(), "/limited").status == 429);
    CHECK(get(service.port(), "/ping").status == 200);
    CHECK(service.metric("troika_http_rate_limited_total{limit=\"default\"}") == 3);
}
