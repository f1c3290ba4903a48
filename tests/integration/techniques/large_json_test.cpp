#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <string>

using namespace troika::testing;

// Row 50: a heavy parse stalls no loop.
TEST_CASE("while 20 MB of JSON are parsed, used and destroyed, other routes are served") {
    const TemporaryFolder folder;
    const auto gates = {"parsing", "using", "destroying"};
    for (const char* gate : gates) REQUIRE(::mkfifo(folder.file(gate).c_str(), 0600) == 0);
    const ServiceProcess service = ServiceProcess::listening(
        {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    std::string numbers = R"({"numbers":[0)";
    std::size_t count = 1;
    for (; numbers.size() < (std::size_t{20} << 20); ++count)
        numbers += "," + std::to_string(count);
    numbers += "]}";
    SocketClient sender(service.port());
    REQUIRE(sender.post("/numbers", numbers));
    SocketClient other(service.port());
    for (const char* gate : gates) {
        INFO(gate);
        troika::UniqueFd
            held;  // it can be opened once somebody waits there, who waits until it is closed
        REQUIRE(eventually([&] {
            held.reset(::open(folder.file(gate).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
            return static_cast<bool>(held);
        }));
        for (int i = 0; i < 100; ++i) {
            REQUIRE(other.get("/ping"));
            REQUIRE(other.read_reply().status == 200);
        }
    }
    const Reply reply = sender.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == std::to_string(count));
}
