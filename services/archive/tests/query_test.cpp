#include <archive/query.hpp>

#include <troika/http/message/http_error.hpp>

#include <catch2/catch.hpp>

#include <string>

using archive::require_known_query;
using Catch::Contains;
using troika::HttpError;
using troika::Request;
using troika::http::Method;

namespace {

std::string error_of(const std::string& query) {
    const Request request(Method::get, "/documents" + query);
    try {
        require_known_query(request, {"limit", "before"});
        return "none";
    } catch (const HttpError& error) {
        CHECK(error.status() == troika::Status::bad_request);
        return error.what();
    }
}

}  // namespace

TEST_CASE("known parameters may come once each, in any order, also escaped or without a value") {
    const std::string query = GENERATE("", "?", "?limit=3", "?before=7&limit=3", "?&limit=3&&",
                                       "?lim%69t=3", "?limit", "?limit=a=b");
    CHECK(error_of(query) == "none");
}

TEST_CASE("an unknown parameter is named, with those that are known") {
    CHECK(error_of("?limt=3") == "query parameter 'limt' is unknown; known: limit, before");
    CHECK(error_of("?Limit=3") == "query parameter 'Limit' is unknown; known: limit, before");
    CHECK_THAT(error_of("?=3"), Contains("'' is unknown"));
    CHECK_THROWS_WITH(require_known_query(Request(Method::get, "/ping?a"), {}),
                      "query parameter 'a' is unknown; this route knows none");
}

TEST_CASE("a parameter that comes twice is named, however it is written") {
    CHECK(error_of("?limit=3&limit=3") == "query parameter 'limit' is given twice");
    CHECK(error_of("?limit=3&before=1&%6climit=2") ==
          "query parameter 'llimit' is unknown; known: limit, before");
    CHECK(error_of("?limit=3&%6cimit=2") == "query parameter 'limit' is given twice");
}

TEST_CASE("a name with a broken escape is refused") {
    CHECK_THAT(error_of("?lim%2=3"), Contains("malformed %-escape"));
}
