#include "test_server.hpp"

#include <fcntl.h>
#include <sys/resource.h>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

TEST_CASE("out of descriptors a client is told so, and accepting goes on once there are some") {
    TestServer server([](Router& router) { add(router, Method::get, "/", echo); });
    std::vector<UniqueFd> hoard;
    UniqueFd spare(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));  // for the client below
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    while (true) {
        UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!fd) break;
        hoard.push_back(std::move(fd));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(spare.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    std::string buffer(1000, '\0');
    const ssize_t got = ::recv(spare.get(), buffer.data(), buffer.size(), 0);
    CHECK(buffer.substr(0, 12) == "HTTP/1.1 503");
    CHECK(got > 0);
    hoard.clear();
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
}
