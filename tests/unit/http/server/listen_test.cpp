#include "temporary_folder.hpp"

#include <troika/base/error.hpp>
#include <troika/http/server/listen.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using Catch::Matchers::Contains;
using http::ListeningSocket;
using http::open_listener;

namespace {

bool can_connect(std::uint16_t port) {
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

TEST_CASE("port 0 becomes a free one that takes connections until the socket is closed") {
    ListeningSocket listening = open_listener({.address = "127.0.0.1", .port = 0});
    CHECK(listening.address == "127.0.0.1");
    REQUIRE(listening.port != 0);
    CHECK(can_connect(listening.port));
    listening.socket.close();
    CHECK_FALSE(can_connect(listening.port));
}

TEST_CASE("a listener never blocks its loop and is not inherited by other programs") {
    const ListeningSocket listening = open_listener({.address = "127.0.0.1", .port = 0});
    CHECK((::fcntl(listening.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(listening.socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a port that is taken is refused, naming address and port") {
    const ListeningSocket first = open_listener({.address = "127.0.0.1", .port = 0});
    try {
        (void)open_listener({.address = "127.0.0.1", .port = first.port});
        FAIL("the port was taken twice");
    } catch (const IoError& error) {
        CHECK(error.code() == boost::system::errc::address_in_use);
        CHECK_THAT(error.what(), Contains("127.0.0.1:" + std::to_string(first.port)));
    }
}

TEST_CASE("a port is free again although connections to it have just ended") {
    ListeningSocket first = open_listener({.address = "127.0.0.1", .port = 0});
    REQUIRE(can_connect(first.port));
    {
        const UniqueFd accepted(::accept4(first.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
        REQUIRE(accepted);
        ::shutdown(accepted.get(), SHUT_RDWR);
    }
    first.socket.close();
    CHECK_NOTHROW(open_listener({.address = "127.0.0.1", .port = first.port}));
}

TEST_CASE("an address that is none is refused, saying what is wanted") {
    for (const char* address : {"", "localhost", "127.0.0", "127.0.0.1:80", "[::1]"}) {
        INFO("'" << address << "'");
        CHECK_THROWS_WITH(open_listener({.address = address, .port = 80}),
                          Contains("must be numeric") && Contains("listen on ") &&
                              Contains(std::string(address)));
    }
}

TEST_CASE("an address of another machine is refused, naming it") {
    CHECK_THROWS_WITH(open_listener({.address = "192.0.2.1", .port = 0}),
                      Contains("listen on 192.0.2.1:0"));
}

TEST_CASE("an IPv6 address is told in brackets, so that its port can be told apart") {
    CHECK_THROWS_WITH(open_listener({.address = "2001:db8::1", .port = 80}),
                      Contains("listen on [2001:db8::1]:80"));
}

TEST_CASE("a place to listen at is an address with a port, or a path") {
    const auto v4 = http::ListenOptions::from_text("127.0.0.1:81");
    REQUIRE(v4);
    CHECK(v4->address == "127.0.0.1");
    CHECK(v4->port == 81);
    const auto v6 = http::ListenOptions::from_text("[::1]:0");
    REQUIRE(v6);
    CHECK(v6->address == "::1");
    const auto path = http::ListenOptions::from_text("unix:/run/a.sock");
    REQUIRE(path);
    CHECK(path->path == "/run/a.sock");
    for (const char* const wrong : {"", "127.0.0.1", "::1:80", "[127.0.0.1]:80", "127.0.0.1:",
                                    "127.0.0.1:65536", "localhost:80", "unix:", "/run/a.sock"}) {
        INFO(wrong);
        CHECK_FALSE(http::ListenOptions::from_text(wrong));
    }
}

TEST_CASE("a socket file that nobody listens at is replaced, a living one is not") {
    const troika::testing::TemporaryFolder folder;
    http::ListenOptions place;
    place.path = folder.file("a.sock");
    {
        const ListeningSocket first = open_listener(place);
        CHECK(first.url() == "unix:" + place.path);
        CHECK_THROWS_WITH(open_listener(place),
                          Contains(place.path) && Contains("Address already in use"));
    }
    CHECK_NOTHROW(open_listener(place));
    place.path = folder.write("file", "no socket");
    CHECK_THROWS_WITH(open_listener(place), Contains("Address already in use"));
    place.path = folder.file(std::string(200, 'x'));
    CHECK_THROWS_WITH(open_listener(place), Contains("shorter than"));
}
