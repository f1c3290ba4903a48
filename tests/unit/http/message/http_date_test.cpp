#include <troika/http/message/http_date.hpp>

#include <catch2/catch.hpp>

using namespace troika::http;
using std::chrono::seconds;
using std::chrono::sys_seconds;

TEST_CASE("a date is written as RFC 9110 wants it") {
    CHECK(format_http_date(sys_seconds(seconds(784111777))) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(format_http_date(sys_seconds(seconds(1709164800))) == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(format_http_date(sys_seconds(seconds(0))) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("all three forms of a date are read") {
    const sys_seconds wanted(seconds(784111777));
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == wanted);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == wanted);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == wanted);
    CHECK(parse_http_date("Sun Nov 16 08:49:37 1994") == wanted + std::chrono::days(10));
}

TEST_CASE("what is no date is nothing") {
    for (const char* const text : {"", "Sun", "0", "Sun, 06 Nov 1994 08:49:37",
                                   "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
                                   "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                                   "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
                                   "Sun, 06 Nov 1994 08:49:37 GMT ", "1994-11-06T08:49:37Z"}) {
        INFO(text);
        CHECK_FALSE(parse_http_date(text));
    }
}
