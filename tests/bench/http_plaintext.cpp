// The plaintext server the instruction figure is taken from: router, coroutine handler, Date and the
// metrics of a real service, without its zygote (valgrind 3.19 knows no pidfd_open).
//
//   http_plaintext [port]     serves GET /plaintext, GET /items/{id}, GET /json, POST /json (a JSON value
//                             in and out) and POST /order (a described struct) until SIGTERM
//   http_plaintext --idle N   says how many bytes of heap N idle keep-alive connections take
#include <troika/app/detail/request_meter.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/message/json_body.hpp>
#include <troika/http/routing/router.hpp>
#include <troika/http/server/listen.hpp>
#include <troika/http/server/server.hpp>

#include <nlohmann/json.hpp>

#include <malloc.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

using namespace troika;

namespace {

// The document that bench.py posts (tests/bench/cost.py).
struct Customer {
    std::uint64_t id = 0;
    std::string name;
    std::string email;
    bool newsletter = false;
};
BOOST_DESCRIBE_STRUCT(Customer, (), (id, name, email, newsletter))

struct Address {
    std::string street;
    std::string city;
    std::string zip;
    std::string country;
};
BOOST_DESCRIBE_STRUCT(Address, (), (street, city, zip, country))

struct Line {
    std::string sku;
    std::string title;
    int quantity = 0;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, title, quantity, price))

struct Payment {
    std::string method;
    std::string brand;
    std::string last4;
    bool captured = false;
    std::string reference;
};
BOOST_DESCRIBE_STRUCT(Payment, (), (method, brand, last4, captured, reference))

struct Order {
    std::string id;
    std::string created;
    std::string status;
    std::string updated;
    std::string currency;
    Customer customer;
    Address ship_to;
    std::vector<Line> lines;
    Payment payment;
    std::optional<double> discount;
    double shipping = 0;
    double tax_rate = 0;
    double total = 0;
    std::vector<std::string> tags;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(Order, (),
                      (id, created, status, updated, currency, customer, ship_to, lines, payment,
                       discount, shipping, tax_rate, total, tags, note))

Task<Response> plaintext(Request&) { co_return Response::literal("Hello, World!"); }
Task<Response> item(Request& request) {
    co_return Response::text(std::string(request.parameter("id")));
}
Task<Response> json(Request& request) {
    const nlohmann::json value = request.json();
    co_return Response::json(value);
}
Task<Response> order(Request& request) {
    const Order value = request.json<Order>();
    co_return Response::json_text(data::to_json(value));
}
Task<Response> message(Request&) { co_return Response::json({{"message", "Hello, World!"}}); }

void route(http::Router& router, Method method, const char* pattern,
           Task<Response> (*handler)(Request&)) {
    http::Endpoint endpoint;
    endpoint.pattern = pattern;
    endpoint.handler = handler;
    router.add(method, std::move(endpoint));
}

Task<> serve_for_ever() {
    while (true) {
        Sleep sleep{std::chrono::hours(1)};
        co_await sleep;
    }
}

std::size_t heap_in_use() { return mallinfo2().uordblks; }

Task<> measure_idle(http::Server& server, std::uint16_t port, std::size_t count) {
    const auto connect_all = [&](std::size_t wanted, std::vector<int>& sockets) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        while (sockets.size() < wanted) {
            const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
                std::abort();
            constexpr std::string_view kRequest = "GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n";
            if (::send(fd, kRequest.data(), kRequest.size(), 0) < 0) std::abort();
            sockets.push_back(fd);
        }
    };
    std::vector<int> sockets;
    sockets.reserve(count + 100);
    std::size_t before = 0;
    for (std::size_t wanted = 100; wanted <= count + 100; wanted += 100) {
        connect_all(wanted, sockets);
        while (server.stats().connections < wanted) {
            Sleep turn{std::chrono::milliseconds(1)};
            co_await turn;
        }
        Sleep settle{std::chrono::milliseconds(20)};
        co_await settle;
        if (wanted == 100) before = heap_in_use();
    }
    const std::size_t after = heap_in_use();
    std::printf("bytes of heap per idle connection: %zu\n", (after - before) / count);
    for (const int fd : sockets) ::close(fd);
    Task<> stopped = server.stop();
    co_await std::move(stopped);
}

}  // namespace

int main(int argc, char** argv) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);

    EventLoop loop;
    http::Router router;
    route(router, Method::get, "/plaintext", plaintext);
    route(router, Method::get, "/items/{id}", item);
    route(router, Method::get, "/json", message);
    route(router, Method::post, "/json", json);
    route(router, Method::post, "/order", order);
    Metrics metrics;
    detail::RequestMeter meter(metrics, false);
    http::Server server(loop, router.resolver(), {}, &meter);
    const bool idle = argc > 2 && std::string(argv[1]) == "--idle";
    http::ListenOptions options;
    options.port = static_cast<std::uint16_t>(!idle && argc > 1 ? std::atoi(argv[1]) : 0);
    http::ListeningSocket listening = http::open_listener(options);
    std::printf("http://127.0.0.1:%u/plaintext\n", static_cast<unsigned>(listening.port));
    std::fflush(stdout);
    server.listen(std::move(listening.socket));
    if (idle) {
        loop.run(
            measure_idle(server, listening.port, static_cast<std::size_t>(std::atoi(argv[2]))));
        return 0;
    }
    loop.run(serve_for_ever());
}
