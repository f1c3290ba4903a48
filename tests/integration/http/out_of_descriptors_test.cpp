#include "test_server.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <filesystem>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t kLimit = 100;

// Few descriptors, until the end of the test.
class FewDescriptors final {
  public:
    FewDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit few = before_;
        few.rlim_cur = kLimit;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

  private:
    rlimit before_{};
};

UniqueFd open_null() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

void out_of_descriptors_routes(Router& router) { add(router, Method::get, "/", echo); }

// Connects a socket made while there were descriptors; gives what is read up to the end.
std::string exchange(const UniqueFd& socket, std::uint16_t port) {
    const sockaddr_in address{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return "not connected";
    std::string all;
    std::string buffer(1000, '\0');
    for (ssize_t got = 1; got > 0;) {
        got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got > 0) all.append(buffer, 0, static_cast<std::size_t>(got));
    }
    return all;
}

}  // namespace

TEST_CASE("out of descriptors clients are told so, the log hears it once, and accepting goes on") {
    Troubles troubles;
    TestServer server(out_of_descriptors_routes, {}, &troubles);
    std::vector<UniqueFd> sockets(4);  // for the clients below
    for (UniqueFd& socket : sockets) socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    std::vector<std::string> answers;  // judged afterwards: a sanitizer needs descriptors for it
    {
        const FewDescriptors few;
        std::vector<UniqueFd> hoard;
        while (UniqueFd fd = open_null()) hoard.push_back(std::move(fd));
        for (const UniqueFd& socket : sockets) answers.push_back(exchange(socket, server.port()));
    }
    for (const std::string& answer : answers)
        CHECK_THAT(answer, Contains("HTTP/1.1 503") && Contains("retry-after: "));
    CHECK(troubles.all() ==
          std::vector<std::string>{"no file descriptors left: a connection was refused"});
    CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("the connection limit leaves out the descriptors that are in use already") {
    const FewDescriptors few;
    std::vector<UniqueFd> hoard(40);
    for (UniqueFd& fd : hoard) fd = open_null();
    const std::size_t before = open_descriptors();
    TestServer server(out_of_descriptors_routes);
    const std::size_t limit = server.stats().max_connections;
    CHECK(limit >= (kLimit - before) / 2);
    CHECK(limit <= kLimit - before);
}

TEST_CASE("a connection limit that the descriptors do not allow is told") {
    const FewDescriptors few;
    Troubles troubles;
    ServerOptions options;
    options.max_connections = 1000;
    TestServer server(out_of_descriptors_routes, options, &troubles);
    CHECK(server.stats().max_connections == 1000);
    REQUIRE(troubles.all().size() == 1);
    CHECK_THAT(troubles.all().front(), Contains("max_connections is 1000"));
}
