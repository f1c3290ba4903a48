#include <troika/app/detail/healthcheck.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/server/listen.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

using namespace troika;
using namespace std::chrono_literals;

namespace {

// A server that takes one connection, waits for the request and answers it with these bytes.
class OneAnswer final {
  public:
    explicit OneAnswer(std::string answer, const char* address = "127.0.0.1")
        : OneAnswer(std::move(answer), http::ListenOptions{.address = address, .port = 0}) {}
    OneAnswer(std::string answer, const http::ListenOptions& where)
        : listening_(http::open_listener(where)),
          thread_([this, answer = std::move(answer)] { serve(answer); }) {}
    ~OneAnswer() { thread_.join(); }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

    std::uint16_t port() const { return listening_.port; }
    std::string request;

  private:
    void serve(const std::string& answer) {
        pollfd ready{listening_.socket.get(), POLLIN, 0};
        ::poll(&ready, 1, 10'000);
        const UniqueFd peer(::accept4(listening_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
        char buffer[1024];
        const ssize_t n = ::recv(peer.get(), buffer, sizeof buffer, 0);
        if (n > 0) request.assign(buffer, static_cast<std::size_t>(n));
        if (answer.empty()) {
            ::recv(peer.get(), buffer, sizeof buffer, 0);  // silent until the client gives up
        } else {
            ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

    http::ListeningSocket listening_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a service that answers 200 to /readyz is healthy") {
    std::string request;
    {
        OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const auto result = detail::check_health("127.0.0.1", server.port());
        CHECK(result.healthy);
        CHECK(result.text == "127.0.0.1 port " + std::to_string(server.port()) + " is ready");
        request = server.request;
    }
    CHECK(request.starts_with("GET /readyz HTTP/1.1\r\nHost: "));
}

TEST_CASE("every-interface addresses are asked on this machine") {
    OneAnswer server("HTTP/1.1 200 OK\r\n\r\n");
    CHECK(detail::check_health("0.0.0.0", server.port()).healthy);
}

TEST_CASE("a service that is not ready is told with its status line and reason") {
    OneAnswer server("HTTP/1.1 503 Service Unavailable\r\nX: y\r\n\r\n{\"reason\":\"starting\"}");
    const auto result = detail::check_health("127.0.0.1", server.port());
    CHECK(!result.healthy);
    CHECK(result.text.find("HTTP/1.1 503 Service Unavailable {\"reason\":\"starting\"}") !=
          std::string::npos);
}

TEST_CASE("a service that accepts and never answers is not healthy, within the limit") {
    OneAnswer server("");
    const auto result = detail::check_health("127.0.0.1", server.port(), 50ms);
    CHECK(!result.healthy);
    CHECK(result.text.find("no answer within 0.05 s") != std::string::npos);
}

TEST_CASE("nobody at the port is told with the system's reason") {
    std::uint16_t port = 0;
    {
        const http::ListeningSocket closed = http::open_listener({.port = 0});
        port = closed.port;
    }
    const auto result = detail::check_health("127.0.0.1", port);
    CHECK(!result.healthy);
    CHECK(result.text ==
          "no answer from 127.0.0.1 port " + std::to_string(port) + ": Connection refused");
}

TEST_CASE("a service on a unix domain socket alone is asked there") {
    std::string folder = "/tmp/troika-health-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const ScopeExit removed([&folder] { std::filesystem::remove_all(folder); });
    const std::string path = folder + "/sock";
    {
        OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {.path = path});
        const auto result = detail::check_health("unix:" + path, 0);
        CHECK(result.healthy);
        CHECK(result.text == "unix:" + path + " is ready");
    }
    const auto gone = detail::check_health("unix:" + path, 0);
    CHECK_FALSE(gone.healthy);
    CHECK(gone.text.starts_with("no answer from unix:" + path + ": "));
    CHECK_FALSE(detail::check_health("unix:" + std::string(200, 'x'), 0).healthy);
    CHECK_FALSE(detail::check_health("unix:", 0).healthy);
}
