#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <filesystem>
#include <string>

using namespace troika::testing;
using Catch::Contains;

// What whoever starts a service may have left behind for it.
namespace {

// The service below a shell that runs `preparation` first.
ServiceProcess started_after(const std::string& preparation) {
    return ServiceProcess::listening(
        {.wrapper = {"bash", "-c", preparation + R"(; exec "$@")", "bash"}});
}

std::string target_of(pid_t process, int descriptor) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/fd/" +
                                         std::to_string(descriptor));
}

}  // namespace

TEST_CASE("a service started without standard input and output gives their numbers to nothing") {
    const ServiceProcess service = started_after("exec <&- >&-");
    for (const pid_t process : {service.pid(), service.named("troika-zygote").at(0)}) {
        CHECK(target_of(process, 0) == "/dev/null");
        CHECK(target_of(process, 1) == "/dev/null");
    }
    CHECK(get(service.port(), "/at/process/bytes").status != 0);
}

TEST_CASE("a service started with SIGCHLD ignored still tells which signal ended a worker") {
    const ServiceProcess service = started_after("trap '' CHLD");
    SocketClient client(service.port());
    client.get("/process/wait?gate=" + service.folder().file("never"));
    service.wait_in_flight(1);
    for (const pid_t worker : service.workers()) ::kill(worker, SIGSEGV);
    CHECK_THAT(client.read_reply().body, Contains("SIGSEGV"));
}

TEST_CASE("a limit on the size of files fails what is larger, not the service") {
    const ServiceProcess service = started_after("ulimit -f 1024");  // 1 MB, memory files too
    const Reply large = post(service.port(), "/at/process/echo", std::string(4 << 20, 'x'));
    CHECK(large.status != 200);
    CHECK(get(service.port(), "/ping").status == 200);
}
