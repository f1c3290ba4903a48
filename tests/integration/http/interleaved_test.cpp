#include "test_server.hpp"

#include <algorithm>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

namespace {

void interleaved_routes(Router& router) {
    for (const char* path : {"/one/{x}", "/two/{x}"}) {
        add(router, Method::get, path, echo);
        add(router, Method::post, path, slow_echo);
    }
}

// A pair of pipelined requests that say whose they are everywhere.
std::string requests_of(const std::string& who) {
    return "POST /" + who + "/a HTTP/1.1\r\nHost: " + who + "\r\nX-Who: " + who +
           "\r\nContent-Length: 3\r\n\r\n" + who + "GET /" + who + "/b HTTP/1.1\r\nHost: " + who +
           "\r\n\r\n";
}

std::string answers(Client& client) {
    const std::string first = body_of(client.read_response());
    return first + "|" + body_of(client.read_response());
}

}  // namespace

TEST_CASE("two clients whose requests are split anywhere and interleaved get their own answers") {
    TestServer server(interleaved_routes);
    const std::string one = requests_of("one");
    const std::string two = requests_of("two");
    Client first = server.connect();
    Client second = server.connect();
    for (std::size_t i = 1; i < one.size(); ++i) {
        const std::size_t j = 1 + (i * 7) % (two.size() - 1);
        first.send(one.substr(0, i));
        second.send(two.substr(0, j));
        server.stats();  // the loop has been round
        first.send(one.substr(i));
        second.send(two.substr(j));
        REQUIRE(answers(first) == "POST /one/a one|GET /one/b ");
        REQUIRE(answers(second) == "POST /two/a two|GET /two/b ");
    }
}

TEST_CASE("so they do without pipelining, each answer read before the next request is begun") {
    TestServer server(interleaved_routes);
    Client first = server.connect();
    Client second = server.connect();
    const auto request_of = [](const std::string& who, bool posts) {
        const std::string both = requests_of(who);
        const std::size_t second_begins = both.find("GET ");
        return posts ? both.substr(0, second_begins) : both.substr(second_begins);
    };
    for (const bool posts : {true, false}) {
        const std::string one = request_of("one", posts);
        const std::string two = request_of("two", !posts);
        for (std::size_t i = 1; i < one.size(); ++i) {
            const std::size_t j = 1 + (i * 7) % (two.size() - 1);
            first.send(one.substr(0, i));
            second.send(two.substr(0, j));
            server.stats();  // the loop has been round
            second.send(two.substr(j));
            first.send(one.substr(i));
            REQUIRE(body_of(first.read_response()) == (posts ? "POST /one/a one" : "GET /one/b "));
            REQUIRE(body_of(second.read_response()) == (posts ? "GET /two/b " : "POST /two/a two"));
        }
    }
}

TEST_CASE("a client that pipelines without end leaves others their turn") {
    std::vector<std::string> order;  // of the loop thread, read when all is answered
    TestServer server([&order](Router& router) {
        add(router, Method::get, "/{who}", [&order](Request& request) -> Task<Response> {
            order.emplace_back(request.target());
            co_return Response::text("x");
        });
    });
    constexpr std::size_t kFlood = 1000;
    std::string flood;
    for (std::size_t i = 0; i < kFlood; ++i) flood += "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n";
    Client flooder = server.connect();
    Client other = server.connect();
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.connections == 2; }));
    // Both are there before the loop looks, the flood first.
    server.call([&] {
        flooder.send(flood);
        other.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
    });
    CHECK(status_of(other.read_response()) == 200);
    std::size_t answered = 0;
    while (answered < kFlood && status_of(flooder.read_response()) == 200) ++answered;
    CHECK(answered == kFlood);
    std::vector<std::string> seen;
    server.call([&] { seen = order; });
    const auto at = std::find(seen.begin(), seen.end(), "/other") - seen.begin();
    CHECK(at < 200);
    CHECK(seen.size() == kFlood + 1);
}

TEST_CASE("two clients that send single bytes in turn get their own answers") {
    TestServer server(interleaved_routes);
    const std::string one = requests_of("one");
    const std::string two = requests_of("two");
    Client first = server.connect();
    Client second = server.connect();
    for (std::size_t i = 0; i < one.size(); ++i) {
        first.send(one.substr(i, 1));
        second.send(two.substr(i, 1));
    }
    CHECK(answers(first) == "POST /one/a one|GET /one/b ");
    CHECK(answers(second) == "POST /two/a two|GET /two/b ");
}
