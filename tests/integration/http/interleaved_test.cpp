#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;

namespace {

void configure(Router& router) {
    for (const char* path : {"/one/{x}", "/two/{x}"}) {
        add(router, Method::get, path, echo);
        add(router, Method::post, path, slow_echo);
    }
}

// A pair of pipelined requests that say whose they are everywhere.
std::string requests(const std::string& who) {
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
    TestServer server(configure);
    const std::string one = requests("one");
    const std::string two = requests("two");
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

TEST_CASE("two clients that send single bytes in turn get their own answers") {
    TestServer server(configure);
    const std::string one = requests("one");
    const std::string two = requests("two");
    Client first = server.connect();
    Client second = server.connect();
    for (std::size_t i = 0; i < one.size(); ++i) {
        first.send(one.substr(i, 1));
        second.send(two.substr(i, 1));
    }
    CHECK(answers(first) == "POST /one/a one|GET /one/b ");
    CHECK(answers(second) == "POST /two/a two|GET /two/b ");
}
