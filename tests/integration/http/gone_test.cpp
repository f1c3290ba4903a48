#include "test_server.hpp"

#include <troika/async/flow.hpp>
#include <troika/http/message/event_stream.hpp>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

namespace {

std::atomic<int> cancelled_by_client{0};
std::atomic<int> finished{0};

// Ends by being cancelled, or after a while.
Task<Response> wait_a_while(Request&) {
    try {
        Sleep sleep{std::chrono::milliseconds(600)};
        co_await sleep;
    } catch (const Cancelled& cancelled) {
        if (cancelled.reason == CancelReason::client_gone) ++cancelled_by_client;
        throw;
    }
    ++finished;
    co_return Response::text("done");
}

void gone_routes(Router& router) {
    add(router, Method::get, "/wait", wait_a_while);
    add(router, Method::post, "/wait", wait_a_while);
    add(router, Method::get, "/turn", slow_echo);
}

}  // namespace

TEST_CASE("a GET whose client has gone is cancelled, a POST is finished") {
    cancelled_by_client = finished = 0;
    TestServer server(gone_routes);
    {
        Client get = server.connect();
        get.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        Client post = server.connect();
        post.send("POST /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 2; }));
    }
    CHECK(becomes(cancelled_by_client, 1));
    CHECK(becomes(finished, 1));
    CHECK(cancelled_by_client == 1);
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}

TEST_CASE("a reset client is noticed as well") {
    cancelled_by_client = finished = 0;
    TestServer server(gone_routes);
    Client get = server.connect();
    get.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    get.reset();
    CHECK(becomes(cancelled_by_client, 1));
}

TEST_CASE("a half-closed client gets an answer that takes no time") {
    TestServer server(gone_routes);
    Client client = server.connect();
    client.send("GET /turn HTTP/1.1\r\nHost: a\r\n\r\n");
    client.end();
    CHECK(status_of(client.read_all()) == 200);
}

// Answers that come piece by piece, of a route that finishes what it has begun.
namespace {

struct Work {
    std::atomic<int> done{0};     // steps
    std::atomic<int> ended{0};    // generators that came to their end
    std::atomic<int> stopped{0};  // by their client's going
    std::atomic<int> cut{0};      // by their deadline
    std::atomic<bool> go_on{false};
};

constexpr int kSteps = 20;

// Waits for the test after its first step.
Flow<std::string> work(Work& all, std::size_t size) {
    try {
        for (int i = 0; i < kSteps; ++i) {
            while (i > 0 && !all.go_on) {
                Sleep pause{std::chrono::milliseconds(1)};
                co_await pause;
            }
            ++all.done;
            co_yield std::string(size, 'x');
        }
    } catch (const Cancelled& cancelled) {
        ++(cancelled.reason == CancelReason::client_gone ? all.stopped : all.cut);
        throw;
    }
    ++all.ended;
}

Flow<ServerEvent> for_ever(Work& all) {
    try {
        for (;;) {
            ++all.done;
            co_yield ServerEvent("tick");
            Sleep pause{std::chrono::milliseconds(1)};
            co_await pause;
        }
    } catch (const Cancelled& cancelled) {
        if (cancelled.reason == CancelReason::client_gone) ++all.stopped;
        throw;
    }
}

TestServer::Configure work_for(Work& all) {
    return [&all](Router& router) {
        const Handler small = [&all](Request&) -> Task<Response> {
            co_return Response::stream(work(all, 10), "text/plain");
        };
        const Handler large = [&all](Request&) -> Task<Response> {
            co_return Response::stream(work(all, 1000000), "text/plain");
        };
        add(router, Method::post, "/small", small);
        add(router, Method::post, "/large", large);
        add(router, Method::get, "/small", small);
        add(router, Method::get, "/finish", small).on_client_gone = OnClientGone::finish;
        add(router, Method::post, "/cancel", small).on_client_gone = OnClientGone::cancel;
        add(router, Method::post, "/short", small).limits.deadline = std::chrono::milliseconds(100);
        add(router, Method::post, "/late", [&all](Request&) -> Task<Response> {
            while (all.done == 0) {
                Sleep pause{std::chrono::milliseconds(1)};
                co_await pause;
            }
            co_return Response::stream(work(all, 10), "text/plain");
        });
        add(router, Method::post, "/events",
            [&all](Request&) -> Task<Response> { co_return events(for_ever(all)); });
    };
}

std::string ask(const std::string& line) { return line + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

bool is_idle(const ServerStats& stats) { return stats.connections == 0 && stats.in_request == 0; }

}  // namespace

TEST_CASE("what finishes without its client is also worked at piece by piece to its end") {
    for (const std::string line : {"POST /small", "POST /large", "GET /finish"}) {
        for (const bool by_reset : {true, false}) {
            INFO(line << (by_reset ? ", reset" : ", closed"));
            Work all;
            TestServer server(work_for(all));
            {
                Client client = server.connect();
                client.send(ask(line));
                REQUIRE(becomes(all.done, 1));
                if (by_reset) client.reset();
            }
            if (by_reset)
                REQUIRE(
                    server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
            all.go_on = true;
            CHECK(becomes(all.ended, 1));
            CHECK(all.done == kSteps);
            CHECK(all.stopped + all.cut == 0);
            CHECK(server.reaches(is_idle));
        }
    }
}

TEST_CASE(
    "an answer that nobody hears any more is cancelled where its route says so, or has no end") {
    for (const std::string line : {"GET /small", "POST /cancel", "POST /events"}) {
        INFO(line);
        Work all;
        TestServer server(work_for(all));
        Client client = server.connect();
        client.send(ask(line));
        REQUIRE(server.reaches([&](const ServerStats&) { return all.done >= 1; }));
        client.reset();
        CHECK(becomes(all.stopped, 1));
        CHECK(all.ended == 0);
        CHECK(server.reaches(is_idle));
    }
}

TEST_CASE("an answer that nobody hears has the time of a handler from then on, and no more") {
    Limits limits;
    Work all;
    TestServer server(work_for(all), {}, &limits);
    Client client = server.connect();
    client.send(ask("POST /short"));
    REQUIRE(becomes(all.done, 1));
    client.reset();
    CHECK(becomes(all.cut, 1));
    CHECK(limits.of(Limit::handler_time) == 1);
    CHECK(all.done == 1);
    CHECK(server.reaches(is_idle));
}

TEST_CASE("a client that goes before its answer begins does not keep it from being worked at") {
    Work all;
    TestServer server(work_for(all));
    Client client = server.connect();
    client.send(ask("POST /late"));
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    client.reset();
    server.stats();
    all.go_on = true;
    ++all.done;
    CHECK(becomes(all.ended, 1));
    CHECK(all.done == kSteps + 1);
    CHECK(server.reaches(is_idle));
}

TEST_CASE("a half-closed client of a route that finishes gets its whole answer, however slow") {
    Work all;
    TestServer server(work_for(all));
    Client client = server.connect();
    client.send(ask("POST /small"));
    client.end();
    REQUIRE(becomes(all.done, 1));
    ::poll(nullptr, 0, 120);  // longer than a half-closed GET is waited for
    all.go_on = true;
    const std::string whole = client.read_all();
    CHECK(whole.ends_with("0\r\n\r\n"));
    CHECK(all.ended == 1);
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("an answer that nobody hears is cut when a drain's time is over") {
    Work all;
    TestServer server(work_for(all));
    Client client = server.connect();
    client.send(ask("POST /small"));
    REQUIRE(becomes(all.done, 1));
    client.reset();
    server.begin_drain();
    CHECK(server.stats().in_request == 1);
    CHECK(server.cancel_requests() == std::vector<std::string>{"/small"});
    CHECK(becomes(all.cut, 1));
    CHECK(server.reaches([&](const ServerStats&) { return server.drained(); }));
}
