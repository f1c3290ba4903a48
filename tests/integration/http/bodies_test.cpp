#include "test_server.hpp"

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

Task<Response> kind_and_size(Request& request) {
    const std::string kind = request.body().file() != nullptr ? "file " : "bytes ";
    const std::string_view view = request.bytes();
    const auto odd = std::count(view.begin(), view.end(), 'o');
    co_return Response::text(kind + std::to_string(view.size()) + " " + std::to_string(odd));
}

Task<Response> count_stream(Request& request) {
    Task<std::size_t> reading = streamed_size(request);
    const std::size_t total = co_await std::move(reading);
    co_return Response::text("streamed " + std::to_string(total));
}

Task<Response> move_back(Request& request) {
    if (request.body().bytes() == nullptr) co_return Response::text("empty");
    co_return Response::bytes(std::move(*request.body().bytes()), "application/octet-stream");
}

void bodies_routes(Router& router) {
    constexpr std::size_t kLarge = 100 * 1024 * 1024;
    add(router, Method::post, "/echo", echo);
    add(router, Method::post, "/size", kind_and_size).limits.body = kLarge;
    Endpoint& file = add(router, Method::post, "/file", kind_and_size);
    file.limits.body = kLarge;
    file.body = BodyMode::memory_file;
    Endpoint& stream = add(router, Method::post, "/stream", count_stream);
    stream.limits.body = kLarge;
    stream.body = BodyMode::stream;
    add(router, Method::post, "/back", move_back).limits.body = kLarge;
    add(router, Method::get, "/none", echo).body = BodyMode::none;
}

}  // namespace

TEST_CASE("100 Continue comes before the body is read, and only when it is missing") {
    TestServer server(bodies_routes);
    Client client = server.connect();
    client.send(post("/echo", 5, "Expect: 100-continue\r\n"));
    CHECK(client.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    CHECK_THAT(client.read_response(), Contains("POST /echo hello"));
    client.send(post("/echo", 5, "Expect: 100-continue\r\n") + "hello");
    CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("a body that will not be read is refused before it is sent") {
    TestServer server(bodies_routes);
    Client client = server.connect();
    client.send(post("/echo", 2000000, "Expect: 100-continue\r\n"));
    const std::string response = client.read_all();
    CHECK(status_of(response) == 413);
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("the body behind a refused expectation is no request, whatever it looks like") {
    TestServer server(bodies_routes);
    const std::string smuggled = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    for (const std::string line : {"POST /nowhere", "BREW /", "DELETE /"}) {
        INFO(line);
        const std::string answer = server.exchange(
            line + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " +
            std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
        CHECK(status_of(answer) >= 400);
        CHECK_THAT(answer, Contains("connection: close\r\n"));
        CHECK(answer.find("HTTP/1.1 ", 1) == std::string::npos);
    }
}

TEST_CASE("a client that sends a refused body anyway still gets to read the answer") {
    TestServer server(bodies_routes);
    Client client = server.connect();
    client.send(post("/echo", 3000000));
    client.send(std::string(3000000, 'x'));
    CHECK(status_of(client.read_all()) == 413);
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("a client that is still sending a refused body can read the answer") {
    ServerOptions options;
    options.linger = std::chrono::minutes(1);
    TestServer server(bodies_routes, options);
    Client client = server.connect();
    client.send(post("/echo", 20000000));
    std::atomic<bool> read{false};
    std::thread sender([&] {  // less than is read on after the last answer
        const std::string piece(16 * 1024, 'x');
        for (int i = 0; i < 500 && !read; ++i) {
            client.send(piece);
            ::poll(nullptr, 0, 1);
        }
    });
    const std::string response = client.read_response();
    const bool was_reset = client.was_reset();
    read = true;
    sender.join();
    CHECK(status_of(response) == 413);
    CHECK_THAT(response, Contains("connection: close\r\n"));
    CHECK_FALSE(was_reset);
}

TEST_CASE(
    "chunked bodies arrive joined, and too large ones are refused at the chunk that is too much") {
    TestServer server(bodies_routes);
    Client client = server.connect();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head + "5\r\nhello\r\n");
    client.send("6\r\n world\r\n0\r\n\r\n");
    CHECK_THAT(client.read_response(), Contains("POST /echo hello world"));
    client.send(head + "fffff\r\n" + std::string(0xfffff, 'x') + "\r\n2\r\n");
    CHECK(status_of(client.read_all()) == 413);
}

TEST_CASE("large bodies arrive whole on the heap, in a memory file and as a stream") {
    TestServer server(bodies_routes);
    constexpr std::size_t kSize = 20 * 1000 * 1000;
    const std::string body(kSize, 'o');
    for (const auto& [path, answer] :
         std::vector<std::pair<std::string, std::string>>{{"/size", "bytes 20000000 20000000"},
                                                          {"/file", "file 20000000 20000000"},
                                                          {"/stream", "streamed 20000000"}}) {
        INFO(path);
        Client client = server.connect();
        client.send(post(path, kSize) + body);
        CHECK(body_of(client.read_response()) == answer);
        std::string chunks;
        for (int i = 0; i < 20; ++i) chunks += "F4240\r\n" + body.substr(0, 1000000) + "\r\n";
        client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                    chunks + "0\r\n\r\n");
        CHECK(body_of(client.read_response()) == answer);
    }
    CHECK(server.stats().buffered_bytes == 0);
}

TEST_CASE("a body goes back as it came, without a copy of its own") {
    TestServer server(bodies_routes);
    std::string body;
    for (int i = 0; i < 1000000; ++i) body += static_cast<char>(i * 7 + i / 256);
    Client client = server.connect();
    std::thread writer([&] { client.send(post("/back", body.size()) + body); });
    const std::string response = client.read_response();
    writer.join();
    CHECK(body_of(response) == body);
}

TEST_CASE("an unwanted small body is skipped and the connection goes on") {
    TestServer server(bodies_routes);
    Client client = server.connect();
    client.send("GET /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    CHECK_THAT(client.read_response(), Contains("GET /none "));
    client.send("loGET /none?2 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_THAT(client.read_response(), Contains("GET /none?2 "));
}
