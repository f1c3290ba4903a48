#include "service_process.hpp"

#include <troika/base/unique_fd.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>

using namespace troika;
using namespace troika::testing;
using Catch::Matchers::Contains;

namespace {

// One request over a unix domain socket, read to its end.
std::string answer_of(const std::string& path, const std::string& bytes) {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return "not connected";
    ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string all;
    std::string piece(4096, '\0');
    for (ssize_t got = 1; got > 0;) {
        got = ::recv(socket.get(), piece.data(), piece.size(), 0);
        if (got > 0) all.append(piece, 0, static_cast<std::size_t>(got));
    }
    return all;
}

Finished healthcheck(const std::string& address) {
    return run_to_end({.only_arguments = {"--server.address", address, "--healthcheck"}});
}

}  // namespace

TEST_CASE("a service may listen on a unix domain socket alone, and is asked for its health there") {
    const TemporaryFolder folder;
    const std::string path = folder.file("service.sock");
    const std::string address = "unix:" + path;
    ServiceProcess service({.only_arguments = {"--server.address", address}});
    service.wait_output("listening");
    CHECK_THAT(service.output(), Contains(address) && !Contains("http://"));
    CHECK_THAT(answer_of(path, "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
               Contains("HTTP/1.1 200 OK"));
    const Finished healthy = healthcheck(address);
    CHECK(healthy.exit_code == 0);
    CHECK_THAT(healthy.output, Contains(address + " is ready"));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK_FALSE(std::filesystem::exists(path));
    const Finished gone = healthcheck(address);
    CHECK(gone.exit_code == 1);
    CHECK_THAT(gone.output, Contains("no answer from " + address));
}

TEST_CASE("an address that is neither one nor a path is told with both forms") {
    for (const char* const wrong : {"unix:", "unix", "/run/service.sock"}) {
        const Finished run = run_to_end({.only_arguments = {"--server.address", wrong}});
        CHECK(run.exit_code == 2);
        CHECK_THAT(run.output, Contains("unix:/run/service.sock"));
    }
}
