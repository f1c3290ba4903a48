#include <troika/http/message/http_error.hpp>
#include <troika/http/message/lines.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace troika::http;

namespace {

struct LinePieces final : Stream {
    explicit LinePieces(std::vector<std::string> all) : left(std::move(all)) {}
    Task<std::optional<std::string_view>> next() override {
        if (at == left.size()) co_return std::nullopt;
        co_return left[at++];
    }
    std::vector<std::string> left;
    std::size_t at = 0;
};

using Lines = std::vector<std::string>;

Task<Lines> read_lines(std::vector<std::string> pieces, std::size_t longest = 100) {
    Request request(Method::post, "/");
    request.body() = RequestBody(std::make_unique<LinePieces>(std::move(pieces)));
    Flow<std::string> lines = lines_of(request, longest);
    Lines all;
    while (std::optional<std::string> line = co_await lines.next()) all.push_back(std::move(*line));
    co_return all;
}

}  // namespace

ASYNC_TEST_CASE("lines are cut wherever the pieces were") {
    const std::string text = "one\ntwo\r\n\nfour";
    const Lines wanted{"one", "two", "", "four"};
    for (std::size_t i = 0; i <= text.size(); ++i) {
        std::vector<std::string> pieces{text.substr(0, i), "", text.substr(i)};
        const Lines lines = co_await read_lines(std::move(pieces));
        CHECK(lines == wanted);
    }
}

ASYNC_TEST_CASE("a line end at the very end makes no further line, and nothing has none") {
    std::vector<std::string> ended{"a\n"};
    const Lines one = co_await read_lines(std::move(ended));
    CHECK(one == Lines{"a"});
    std::vector<std::string> nothing;
    const Lines none = co_await read_lines(std::move(nothing));
    CHECK(none.empty());
}

ASYNC_TEST_CASE("a buffered body has lines too") {
    Request request(Method::post, "/");
    request.body() = RequestBody(Bytes("a\nb"));
    Flow<std::string> lines = lines_of(request);
    const Lines all = co_await std::move(lines).collect();
    CHECK(all == Lines{"a", "b"});
}

ASYNC_TEST_CASE("a line that is too long is named, however it comes") {
    std::vector<std::string> pieces{"ok\n12", "345", "6"};
    std::string text;
    try {
        (void)co_await read_lines(std::move(pieces), 5);
    } catch (const HttpError& error) {
        CHECK(error.status() == Status::content_too_large);
        text = error.what();
    }
    CHECK(text == "line 2 of the body is longer than 5 bytes");
}
