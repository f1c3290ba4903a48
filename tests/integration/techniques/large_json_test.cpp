#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troika::testing;

// Row 50: a heavy parse stalls no loop.
TEST_CASE("while 20 MB of JSON are parsed and looked at, other routes are served") {
    const TemporaryFolder folder;
    const ServiceProcess service = ServiceProcess::listening(
        {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    std::string numbers = "[0";
    std::size_t count = 1;
    for (; numbers.size() < (std::size_t{20} << 20); ++count)
        numbers += "," + std::to_string(count);
    numbers += "]";
    SocketClient sender(service.port());
    REQUIRE(sender.post("/numbers", numbers));
    SocketClient other(service.port());
    const auto served = [&other] { return other.get("/ping") && other.read_reply().status == 200; };
    CHECK(served());
    CHECK(eventually([&] { return std::filesystem::exists(folder.file("parsed")); }));
    for (int i = 0; i < 100; ++i) CHECK(served());
    folder.write("gate");
    const Reply reply = sender.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == std::to_string(count));
}
