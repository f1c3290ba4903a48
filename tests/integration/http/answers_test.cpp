#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

struct Piecewise final : Stream {
    explicit Piecewise(std::optional<std::uint64_t> length_in) : known(length_in) {}
    Task<std::optional<std::string_view>> next() override {
        Sleep turn{std::chrono::nanoseconds(0)};
        co_await turn;
        if (given == 3) co_return std::nullopt;
        ++given;
        co_return std::string_view("piece ");
    }
    std::optional<std::uint64_t> length() const override { return known; }
    std::optional<std::uint64_t> known;
    int given = 0;
};

void answers_routes(Router& router) {
    add(router, Method::get, "/", echo);
    add(router, Method::get, "/slow", slow_echo);
    add(router, Method::post, "/echo", echo);
    add(router, Method::get, "/large",
        [](Request&) -> Task<Response> { co_return Response::text(std::string(5000000, 'x')); });
    add(router, Method::get, "/empty",
        [](Request&) -> Task<Response> { co_return Response::no_content(); });
    add(router, Method::get, "/chunks", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Piecewise>(std::nullopt), "text/plain");
    });
    add(router, Method::get, "/known", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Piecewise>(18), "text/plain");
    });
    add(router, Method::get, "/lies", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Piecewise>(7), "text/plain");
    });
    add(router, Method::get, "/throw", [](Request&) -> Task<Response> {
        throw std::runtime_error("the inner text");
        co_return Response();
    });
    add(router, Method::get, "/refuse", [](Request&) -> Task<Response> {
        throw HttpError(Status::conflict, "not now");
        co_return Response();
    });
    add(router, Method::get, "/split",
        [](Request&) -> Task<Response> { co_return Response::text("").header("x", "a\r\nb"); });
    add(router, Method::get, "/upgrade", [](Request&) -> Task<Response> {
        co_return Response::upgrade("test", [](Upgraded& connection) -> Task<> {
            Task<std::string_view> read = connection.read();
            const std::string got(co_await std::move(read));
            Task<> written = connection.write(got);
            co_await std::move(written);
        });
    });
}

}  // namespace

TEST_CASE("requests on one connection are answered in order, also when a later one is faster") {
    TestServer server(answers_routes);
    Client client = server.connect();
    client.send(get("/slow") + get("/") + "GET /slow HTTP/1.1\r\nHost: a\r\n" + kClose + "\r\n");
    const std::string all = client.read_all();
    const std::size_t first = all.find("GET /slow ");
    const std::size_t second = all.find("GET / ");
    CHECK(first < second);
    CHECK(second < all.rfind("GET /slow "));
    CHECK_THAT(all, Contains("connection: close\r\n"));
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("ten thousand pipelined requests get ten thousand answers") {
    TestServer server(answers_routes);
    Client client = server.connect();
    std::thread writer([&] {
        std::string batch;
        for (int i = 0; i < 10000; ++i)
            batch +=
                i % 10 == 0 ? get("/slow?" + std::to_string(i)) : get("/?" + std::to_string(i));
        client.send(batch);
    });
    bool in_order = true;
    for (int i = 0; i < 10000; ++i) {
        std::string wanted = std::to_string(i);
        wanted.insert(wanted.begin(), '?');
        wanted += ' ';
        in_order = in_order && body_of(client.read_response()).find(wanted) != std::string::npos;
    }
    writer.join();
    CHECK(in_order);
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection, keep-alive keeps it") {
    TestServer server(answers_routes);
    CHECK_THAT(server.exchange("GET / HTTP/1.0\r\n\r\n"), Contains("connection: close\r\n"));
    Client old = server.connect();
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK_THAT(old.read_response(), Contains("connection: keep-alive\r\n"));
    old.send("GET / HTTP/1.0\r\n\r\n");
    CHECK_THAT(old.read_all(), Contains("GET /"));
}

TEST_CASE("HEAD is answered like GET, without the body") {
    TestServer server(answers_routes);
    Client client = server.connect();
    client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n" + get("/empty", kClose));
    CHECK_THAT(client.read_response(true), Contains("content-length: 5000000\r\n"));
    CHECK(status_of(client.read_all()) == 204);
}

TEST_CASE(
    "HEAD has the fields of GET whatever the body is, and a stream is not even begun for it") {
    TestServer server(answers_routes);
    const auto fields = [](std::string answer) {
        answer.resize(answer.find("\r\n\r\n") + 2);
        for (const std::string field : {"date: ", "transfer-encoding: "}) {
            const std::size_t at = answer.find(field);
            if (at != std::string::npos) answer.erase(at, answer.find('\n', at) + 1 - at);
        }
        return answer;
    };
    for (const std::string path :
         {"/", "/large", "/empty", "/known", "/chunks", "/throw", "/refuse", "/nowhere"}) {
        INFO(path);
        const std::string id = "X-Request-Id: r-1\r\n" + kClose;
        const std::string head =
            server.exchange("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n" + id + "\r\n");
        const std::string got = server.exchange(get(path, id));
        CHECK(body_of(head).empty());
        CHECK_THAT(head, !Contains("transfer-encoding"));
        if (path != "/") CHECK(fields(head) == fields(got));  // "/" says the method in its body
    }
    // A stream that would break its promise does not when nobody wants it, and the connection goes on.
    Client client = server.connect();
    client.send("HEAD /lies HTTP/1.1\r\nHost: a\r\n\r\n" + get("/", kClose));
    CHECK_THAT(client.read_response(true), Contains("content-length: 7\r\n"));
    CHECK_THAT(client.read_all(), Contains("GET / "));
}

TEST_CASE("405 has Allow, 404 and 500 are problems, the inner text stays inside") {
    TestServer server(answers_routes);
    const std::string refused = server.exchange("PUT / HTTP/1.1\r\nHost: a\r\n" + kClose + "\r\n");
    CHECK(status_of(refused) == 405);
    CHECK_THAT(refused, Contains("allow: GET, HEAD, OPTIONS\r\n"));
    CHECK(status_of(server.exchange(get("/nowhere", kClose))) == 404);
    const std::string failed = server.exchange(get("/throw", kClose + "X-Request-Id: r-1\r\n"));
    CHECK(status_of(failed) == 500);
    CHECK_THAT(failed, Contains("\"request_id\":\"r-1\"") && !Contains("inner text"));
    const std::string conflict = server.exchange(get("/refuse", kClose));
    CHECK(status_of(conflict) == 409);
    CHECK_THAT(conflict, Contains("not now"));
    CHECK(status_of(server.exchange(get("/split", kClose))) == 500);
}

TEST_CASE("large answers arrive whole") {
    TestServer server(answers_routes);
    CHECK(body_of(server.exchange(get("/large", kClose))) == std::string(5000000, 'x'));
}

TEST_CASE("streams go in chunks, by length, or to the end of a 1.0 connection") {
    TestServer server(answers_routes);
    CHECK(body_of(server.exchange(get("/chunks", kClose))) ==
          "6\r\npiece \r\n6\r\npiece \r\n6\r\npiece \r\n0\r\n\r\n");
    CHECK(body_of(server.exchange(get("/known", kClose))) == "piece piece piece ");
    CHECK(body_of(server.exchange("GET /chunks HTTP/1.0\r\n\r\n")) == "piece piece piece ");
}

TEST_CASE("what is no request at all is refused with an id too") {
    TestServer server(answers_routes);
    for (const std::string request :
         {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
          "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/3.0\r\n\r\n"}) {
        CAPTURE(request);
        const std::string refused = server.exchange(request);
        CHECK_THAT(refused, Contains("\"request_id\":\"") && Contains("x-request-id: "));
    }
}

TEST_CASE("a stream that breaks its promise is cut, not ended") {
    TestServer server(answers_routes);
    Client client = server.connect();
    client.send(get("/lies"));
    CHECK(body_of(client.read_all()).size() <= 7);
    CHECK(client.was_reset());
}

TEST_CASE("an upgraded connection is the handler's own") {
    TestServer server(answers_routes);
    Client client = server.connect();
    client.send(get("/upgrade", "Connection: upgrade\r\nUpgrade: test\r\n"));
    CHECK_THAT(client.read_response(), Contains("HTTP/1.1 101 ") && Contains("upgrade: test\r\n"));
    client.send("any bytes");
    CHECK(client.read_all() == "any bytes");
}
