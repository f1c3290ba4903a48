#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>

using namespace troika::testing;

namespace {

// A service that is process 1 of a namespace of its own; null where the kernel refuses one.
std::unique_ptr<ServiceProcess> service_as_process_one() {
    if (std::system("unshare -pf --mount-proc true 2>/dev/null") != 0) {
        WARN("skipped: no PID namespace can be made here (root or user namespaces are needed)");
        return nullptr;
    }
    auto service = std::make_unique<ServiceProcess>(
        ServiceOptions{.arguments = {"--log.level", "debug"}, .wrapper = as_process_one()});
    service->wait_listening();
    return service;
}

}  // namespace

TEST_CASE("as process 1 a service starts, computes in workers and drains on SIGTERM") {
    const auto service = service_as_process_one();
    if (!service) return;
    service->folder().write("open");
    const std::string open = service->folder().file("open");
    CHECK(get(service->port(), "/process/wait?gate=" + open).status == 200);
    CHECK(get(service->port(), "/popen").body == "3");
    SocketClient slow(service->port());
    slow.get("/loop/wait?gate=" + service->folder().file("gate"));
    service->wait_in_flight(1);
    service->signal(SIGTERM);
    service->wait_output("stopping");
    service->folder().write("gate");
    CHECK(slow.read_reply().status == 200);
    CHECK(service->wait_exit() == 0);
    CHECK(service->left_over() == "");
}

TEST_CASE("process 1 collects an orphan once it has been dead for a while") {
    const auto service = service_as_process_one();
    if (!service) return;
    CHECK(get(service->port(), "/orphan").body == "0");
    REQUIRE(eventually([&] { return !service->zombies().empty(); }));
    // While it waits, popen() still gets the status of its own child.
    CHECK(get(service->port(), "/popen").body == "3");
    service->wait_output("collected an orphan");  // seen dead twice, 5 s apart
    CHECK(service->zombies().empty());
}
