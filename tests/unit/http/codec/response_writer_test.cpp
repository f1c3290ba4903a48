#include <troika/http/codec/response_writer.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace troika;
using namespace troika::http;
using Catch::Matchers::Contains;

namespace {

struct Written {
    std::string text;
    ResponseFraming framing;
    ResponseContext context;
};

Written write(const Response& response, ResponseContext context = {}) {
    Bytes out;
    const ResponseFraming framing = write_head(out, response, context);
    return {std::string(out.view()), framing, context};
}

class Pieces final : public Stream {
  public:
    explicit Pieces(std::optional<std::uint64_t> length) : length_(length) {}
    Task<std::optional<std::string_view>> next() override { co_return std::nullopt; }
    std::optional<std::uint64_t> length() const override { return length_; }

  private:
    std::optional<std::uint64_t> length_;
};

Response streaming(std::optional<std::uint64_t> length) {
    return Response::stream(std::make_unique<Pieces>(length), "text/plain");
}

}  // namespace

TEST_CASE("a plain answer is written field by field") {
    ResponseContext context;
    context.date_line = "date: X\r\n";
    CHECK(write(Response::text("hello"), context).text ==
          "HTTP/1.1 200 OK\r\ndate: X\r\ncontent-type: text/plain; charset=utf-8\r\n"
          "content-length: 5\r\n\r\n");
}

TEST_CASE("the connection field says what will happen, by version") {
    ResponseContext context;
    context.minor_version = 0;
    CHECK_THAT(write(Response::text(""), context).text, Contains("connection: keep-alive\r\n"));
    context.keep_alive = false;
    CHECK_THAT(write(Response::text(""), context).text, Contains("connection: close\r\n"));
    const Written asked = write(Response::text("").header("Connection", "close"));
    CHECK_FALSE(asked.context.keep_alive);
    CHECK_THAT(asked.text, Contains("\r\nconnection: close\r\n"));
}

TEST_CASE("an application cannot write framing fields") {
    Response response = Response::text("abc");
    response.headers().add("Content-Length", "100");
    response.headers().add("Transfer-Encoding", "chunked");
    response.headers().add("DATE", "never");
    const std::string text = write(response).text;
    CHECK_THAT(text, Contains("content-length: 3\r\n"));
    CHECK_THAT(text,
               !Contains("Content-Length: 100") && !Contains("chunked") && !Contains("never"));
}

TEST_CASE("204 and 304 have neither body nor length") {
    for (const Status status : {Status::no_content, Status::not_modified}) {
        const Written written = write(Response::text("ignored", status));
        CHECK(written.framing == ResponseFraming::none);
        CHECK_THAT(written.text, !Contains("content-length"));
    }
}

TEST_CASE("205 has no body whatever its handler gave, and says so") {
    const Written written = write(Response::text("ignored", static_cast<Status>(205)));
    CHECK(written.framing == ResponseFraming::none);
    CHECK_THAT(written.text, Contains("content-length: 0\r\n"));
    CHECK(write(streaming({}), {}).framing == ResponseFraming::chunked);
}

TEST_CASE("an answer to HEAD has the length of GET and no body") {
    ResponseContext context;
    context.head = true;
    const Written written = write(Response::text("hello"), context);
    CHECK(written.framing == ResponseFraming::none);
    CHECK_THAT(written.text, Contains("content-length: 5\r\n"));
}

TEST_CASE("a stream goes by its length, in chunks, or to the end of a 1.0 connection") {
    CHECK(write(streaming(7)).framing == ResponseFraming::length);
    const Written chunks = write(streaming({}));
    CHECK(chunks.framing == ResponseFraming::chunked);
    CHECK_THAT(chunks.text, Contains("transfer-encoding: chunked\r\n"));
    ResponseContext old;
    old.minor_version = 0;
    const Written until_close = write(streaming({}), old);
    CHECK(until_close.framing == ResponseFraming::until_close);
    CHECK_FALSE(until_close.context.keep_alive);
}

TEST_CASE("repeated fields and the request id are written") {
    Response response = Response::text("");
    response.headers().add("set-cookie", "a=1");
    response.headers().add("set-cookie", "b=2");
    ResponseContext context;
    context.request_id = "id-7";
    CHECK_THAT(write(response, context).text, Contains("set-cookie: a=1\r\nset-cookie: b=2\r\n") &&
                                                  Contains("x-request-id: id-7\r\n"));
}

TEST_CASE("fields much larger than their memory was planned for are still written whole") {
    Response response = Response::text("");
    const std::string value(100000, 'v');
    for (int i = 0; i < 50; ++i) response.headers().add("x", value);
    CHECK(write(response).text.size() > 5000000);
}

TEST_CASE("the date is rendered as RFC 9110 wants it and follows the clock") {
    DateLine line;
    CHECK(line.at(784111777) == "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CHECK(line.at(1709164799) == "date: Wed, 28 Feb 2024 23:59:59 GMT\r\n");
    CHECK(line.at(1709164800) == "date: Thu, 29 Feb 2024 00:00:00 GMT\r\n");
}

TEST_CASE("the current date is read anew once its second is over, not before") {
    DateLine line;
    const auto now = std::chrono::steady_clock::now();
    const std::string first(line.current(now));
    CHECK(first.size() == std::string("date: Sun, 06 Nov 1994 08:49:37 GMT\r\n").size());
    const std::string marker(line.at(784111777));
    CHECK(marker != first);
    CHECK(line.current(now) == marker);
    CHECK(line.current(now + std::chrono::seconds(2)) != marker);
}

TEST_CASE("a chunk size is written in hex") {
    Bytes out;
    write_chunk_size(out, 0x1f40);
    CHECK(out.view() == "1f40\r\n");
}
