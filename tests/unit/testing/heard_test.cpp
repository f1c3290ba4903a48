#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/testing/detail/heard.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using testing::detail::Heard;
using testing::detail::Said;

namespace {

struct Parts final : Stream {
    Parts(std::vector<std::string> parts, std::optional<std::uint64_t> length)
        : parts_(std::move(parts)), length_(length) {}
    Task<std::optional<std::string_view>> next() override {
        if (at_ == parts_.size()) co_return std::nullopt;
        co_return parts_[at_++];
    }
    std::optional<std::uint64_t> length() const override { return length_; }
    std::vector<std::string> parts_;
    std::optional<std::uint64_t> length_;
    std::size_t at_ = 0;
};

Response parts(std::vector<std::string> all, std::optional<std::uint64_t> length = {}) {
    return Response::stream(std::make_unique<Parts>(std::move(all), length), "text/plain");
}

Heard hear(Response response, http::Method method = http::Method::get) {
    static Request request;
    request = Request(method, "/");
    return Heard(std::move(response), request, "date: X\r\n");
}

std::string body(Heard heard) {
    EventLoop loop;
    std::string all;
    while (const std::optional<std::string> piece = loop.run(heard.next())) {
        CHECK_FALSE(piece->empty());
        all += *piece + "|";
    }
    return all;
}

int refused(const Said& said) {
    Request request;
    const auto refusal = testing::detail::say(said, {}, request);
    return refusal ? http::to_int(refusal->status) : 0;
}

}  // namespace

TEST_CASE("what is heard has the server's fields and its framing") {
    const Heard text = hear(Response::text("hello").header("Content-Length", "99"));
    CHECK(text.headers().get("content-length") == "5");
    CHECK(text.headers().get("date") == "X");
    CHECK(text.headers().count("content-length") == 1);
    CHECK(hear(parts({"a"})).headers().get("transfer-encoding") == "chunked");
    CHECK(hear(parts({"a"}, 1)).headers().get("content-length") == "1");
}

TEST_CASE("HEAD, 204 and 304 have no body, and it is not even asked for") {
    CHECK(body(hear(Response::text("hello"), http::Method::head)).empty());
    CHECK(hear(Response::text("hello"), http::Method::head).headers().get("content-length") == "5");
    CHECK(body(hear(Response::text("no", Status::no_content))).empty());
    CHECK(body(hear(Response::text("no", Status::not_modified))).empty());
    CHECK(body(hear(parts({"a"}, 99), http::Method::head)).empty());
}

TEST_CASE("pieces come as they are given, empty ones left out, and a stream's length is kept") {
    CHECK(body(hear(parts({"a", "", "bc"}))) == "a|bc|");
    CHECK(body(hear(parts({"a", "", "bc"}, 3))) == "a|bc|");
    CHECK(body(hear(parts({""}))).empty());
    CHECK_THROWS_WITH(body(hear(parts({"ab"}, 1))), Catch::Contains("more bytes"));
    CHECK_THROWS_WITH(body(hear(parts({"ab"}, 3))), Catch::Contains("fewer bytes"));
}

TEST_CASE("what the server's parser refuses is refused") {
    CHECK(refused({http::Method::get, "/a?b", {{"X", "y"}}, {}}) == 0);
    CHECK(refused({http::Method::get, "/a b", {}, {}}) == 400);
    CHECK(refused({http::Method::get, "/%zz", {}, {}}) == 400);
    CHECK(refused({http::Method::get, "/a/../b", {}, {}}) == 400);
    CHECK(refused({http::Method::get, "a", {}, {}}) == 400);
    CHECK(refused({http::Method::get, "/", {{"Host", "b"}}, {}}) == 400);
    CHECK(refused({http::Method::get, "/", {{"Expect", "a-pony"}}, {}}) == 417);
    CHECK(refused({http::Method::post, "/", {{"Transfer-Encoding", "gzip"}}, {}}) == 501);
    CHECK(refused({http::Method::get, "/" + std::string(9000, 'x'), {}, {}}) == 414);
    CHECK(refused({http::Method::get, "/", {{"X", std::string(40000, 'x')}}, {}}) == 431);
    CHECK_THROWS_AS(refused({http::Method::get, "/", {{"X", "a\r\nY: b"}}, {}}), Error);
    CHECK_THROWS_AS(refused({http::Method::get, "/ HTTP/1.1\r\nHost: a\r\n\r\nGET /", {}, {}}),
                    Error);
}

TEST_CASE("a body has the fields that frame it") {
    Request request;
    CHECK_FALSE(testing::detail::say({http::Method::post, "/", {}, {"ab", "c"}}, {}, request));
    CHECK(request.header("content-length") == "3");
    CHECK_FALSE(
        testing::detail::say({http::Method::post, "/", {}, {"ab", "c"}, true}, {}, request));
    CHECK(request.header("transfer-encoding") == "chunked");
    CHECK_FALSE(request.header("content-length"));
}

TEST_CASE("a body goes where its endpoint takes one, up to its limit") {
    EventLoop loop;
    const auto given = [&](http::BodyMode mode, bool in_chunks, std::size_t limit) {
        http::Endpoint endpoint;
        endpoint.body = mode;
        Request request;
        Said said{http::Method::post, "/", {}, {"ab", "", "c"}, in_chunks};
        if (testing::detail::give_body(said, endpoint, limit, request)) return std::string("413");
        Stream* const stream = request.body().stream();
        if (stream == nullptr) return std::string(request.bytes());
        std::string all;
        while (const auto piece = loop.run(stream->next())) all += std::string(*piece) + "|";
        return all;
    };
    CHECK(given(http::BodyMode::none, false, 1).empty());
    CHECK(given(http::BodyMode::buffered, false, 3) == "abc");
    CHECK(given(http::BodyMode::buffered, true, 2) == "413");
    CHECK(given(http::BodyMode::stream, true, 3) == "ab|c|");
    CHECK(given(http::BodyMode::stream, false, 2) == "413");
    CHECK_THROWS_AS(given(http::BodyMode::stream, true, 2), http::HttpError);
}
