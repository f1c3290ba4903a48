#include "faults.hpp"
#include "test_server.hpp"

#include <troika/async/flow.hpp>

#include <sys/mman.h>

#include <new>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;
using troika::testing::Faults;
using troika::testing::faults;

// Calls of the system that move one byte, are interrupted or fail, at every place where they are made; and memory
// that is not there.
namespace {

Flow<std::string> words() {
    for (int i = 0; i < 20; ++i) {
        Sleep turn{std::chrono::nanoseconds(0)};
        co_await turn;
        co_yield std::to_string(i) + " ";
    }
}

Task<Response> count(Request& request) {
    std::size_t total = 0;
    while (true) {
        Task<std::optional<std::string_view>> pull = request.stream().next();
        const std::optional<std::string_view> piece = co_await std::move(pull);
        if (!piece) break;
        total += piece->size();
    }
    co_return Response::text("counted " + std::to_string(total));
}

Task<Response> file(Request&) {
    UniqueFd memory(::memfd_create("test", MFD_CLOEXEC));
    if (::write(memory.get(), "0123456789", 10) != 10) throw std::runtime_error("no file");
    co_return Response::file({std::move(memory), 2, 5}, "text/plain");
}

void faults_routes(Router& router) {
    add(router, Method::get, "/", echo);
    add(router, Method::get, "/slow", slow_echo);
    add(router, Method::post, "/", echo).limits.body = std::size_t{64} << 20U;
    add(router, Method::post, "/size", [](Request& request) -> Task<Response> {
        co_return Response::text(std::to_string(request.bytes().size()));
    }).limits.body = std::size_t{64} << 20U;
    add(router, Method::post, "/count", count).body = BodyMode::stream;
    add(router, Method::get, "/words",
        [](Request&) -> Task<Response> { co_return Response::stream(words(), "text/plain"); });
    add(router, Method::get, "/file", file);
    add(router, Method::get, "/large",
        [](Request&) -> Task<Response> { co_return Response::text(std::string(40000, 'x')); });
    add(router, Method::get, "/no-memory", [](Request&) -> Task<Response> {
        throw std::bad_alloc();
        co_return Response();
    });
    add(router, Method::get, "/no-memory-later", [](Request&) -> Task<Response> {
        Sleep turn{std::chrono::nanoseconds(0)};
        co_await turn;
        co_return Response::text(std::string(std::size_t{64} << 20U, 'x'));
    });
}

// Every kind of request and answer, one behind the other.
const std::string kAll =
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n" +
    std::string(300, 'b') +
    "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    "GET /words HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\nConnection: close\r\n\r\n";

std::string without_dates(std::string text) {
    for (std::size_t at = 0; (at = text.find("date: ", at)) != std::string::npos;)
        text.erase(at, text.find('\n', at) - at);
    return text;
}

// In pieces, so that the server has something to wait for in each place.
std::string run_all(const TestServer& server) {
    Client client = server.connect();
    std::string_view rest = kAll;
    while (!rest.empty()) {
        const std::string_view piece = rest.substr(0, 97);
        if (!client.send(piece)) break;
        rest.remove_prefix(piece.size());
    }
    return client.read_all();
}

bool is_empty(const ServerStats& stats) {
    return stats.connections == 0 && stats.in_request == 0 && stats.buffered_bytes == 0;
}

struct Fixture {
    Fixture() {
        faults().reset();
        server.call([] { testing::have_faults_on_this_thread(); });
    }
    ~Fixture() { faults().reset(); }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    bool serves() {
        faults().reset();
        return status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200;
    }
    Limits limits;
    TestServer server{faults_routes, {}, &limits};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "answers that go out byte by byte, with interruptions, are the same") {
    const std::string whole = without_dates(run_all(server));
    REQUIRE_THAT(whole, Contains("counted 5") && Contains("23456") && Contains("404 Not Found"));
    faults().most_sent = 1;
    CHECK(without_dates(run_all(server)) == whole);
    faults().most_sent = 7;
    faults().interrupts = true;
    CHECK(without_dates(run_all(server)) == whole);
    CHECK(server.reaches(is_empty));
}

TEST_CASE_METHOD(Fixture, "requests that come byte by byte are the same") {
    const std::string whole = without_dates(run_all(server));
    Client client = server.connect();
    for (const char byte : kAll) {
        client.send({&byte, 1});
        server.call([] {});
    }
    CHECK(without_dates(client.read_all()) == whole);
}

TEST_CASE_METHOD(Fixture, "a connection that breaks at any call ends, alone, and leaves nothing") {
    for (const int error : {ECONNRESET, ETIMEDOUT, EPIPE, ENOBUFS}) {
        INFO("error " << error);
        long places = 0;
        for (;; ++places) {
            faults().reset();
            faults().error = error;
            faults().fails_after = places;
            (void)run_all(server);
            const bool was_reached = faults().fails_after < 0;
            CHECK(server.reaches(is_empty));
            CHECK(serves());
            if (!was_reached) break;
        }
        CHECK(places > 10);
    }
}

TEST_CASE_METHOD(Fixture, "accepting goes on whatever accept() says") {
    // accept(2): errors of the new connection are given for the call; and a firewall's, and no memory.
    for (const int error : {ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, EPERM, EINTR, EMFILE,
                            ENFILE, ENOBUFS, ENOMEM}) {
        INFO("error " << error);
        faults().reset();
        faults().accept_error = error;
        faults().accepts_fail = 2;  // out of descriptors: once more for the reserve
        CHECK(status_of(server.exchange("GET / HTTP/1.0\r\n\r\n")) == 200);
    }
}

TEST_CASE_METHOD(Fixture, "a handler without memory is 500, and the connection goes on") {
    Client client = server.connect();
    client.send("GET /no-memory HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(client.read_response()) == 500);
    faults().largest_allocation = std::size_t{1} << 20U;
    client.send("GET /no-memory-later HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(client.read_response()) == 500);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(status_of(client.read_response()) == 200);
}

#ifdef TROIKA_REALLOC_CAN_FAIL
TEST_CASE_METHOD(Fixture, "a body that there is no memory for is 500, and gives its room back") {
    faults().largest_allocation = std::size_t{1} << 20U;
    Client client = server.connect();
    client.send("POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
    std::thread sender([&] { client.send(std::string(8000000, 'x')); });
    CHECK_THAT(client.read_all(), Contains("HTTP/1.1 500 ") && Contains("could not be received"));
    sender.join();
    CHECK(server.reaches(is_empty));
    CHECK(serves());
}
#endif
