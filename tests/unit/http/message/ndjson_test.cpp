#include <troika/http/message/http_error.hpp>
#include <troika/http/message/ndjson.hpp>
#include <troika/testing/async_test.hpp>

#include <boost/describe/class.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace troika::http;

namespace {

struct Row {
    int id = 0;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, name))

Flow<Row> rows() {
    Row row;
    for (row.id = 1; row.id < 3; ++row.id) {
        row.name = row.id == 1 ? "n1" : "n2";
        co_yield row;
    }
}

Request with_body(std::string_view body) {
    Request request(Method::post, "/");
    request.body() = RequestBody(Bytes(body));
    return request;
}

}  // namespace

ASYNC_TEST_CASE("each value is a line of its own") {
    Response response = ndjson(rows());
    CHECK(response.headers().get("content-type") == "application/x-ndjson");
    Stream& stream = *std::get<std::unique_ptr<Stream>>(response.body());
    CHECK_FALSE(stream.endless());
    std::vector<std::string> pieces;
    while (true) {
        const std::optional<std::string_view> piece = co_await stream.next();
        if (!piece) break;
        pieces.emplace_back(*piece);
    }
    CHECK(pieces ==
          std::vector<std::string>{"{\"id\":1,\"name\":\"n1\"}\n", "{\"id\":2,\"name\":\"n2\"}\n"});
}

ASYNC_TEST_CASE("values are read line by line, empty ones skipped") {
    Request request = with_body("{\"id\":1,\"name\":\"a\"}\n\n  \r\n{\"id\":2,\"name\":\"b\"}");
    Flow<Row> found = ndjson_of<Row>(request);
    const std::vector<Row> all = co_await std::move(found).collect();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "a");
    CHECK(all[1].id == 2);
}

ASYNC_TEST_CASE("a wrong line is 400 or 422 and named") {
    for (const auto& [line, status] : std::vector<std::pair<std::string, Status>>{
             {"{\"id\":", Status::bad_request},
             {"{\"id\":\"x\",\"name\":\"\"}", Status::unprocessable_content}}) {
        Request request = with_body("{\"id\":1,\"name\":\"a\"}\n" + line);
        Flow<Row> found = ndjson_of<Row>(request);
        std::string text;
        Status got = Status::ok;
        try {
            (void)co_await std::move(found).collect();
        } catch (const HttpError& error) {
            text = error.what();
            got = error.status();
        }
        CHECK(got == status);
        CHECK(text.starts_with("line 2: "));
    }
}
