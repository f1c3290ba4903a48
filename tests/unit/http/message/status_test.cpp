#include <troika/http/message/status.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace troika;

TEST_CASE("a status has the reason phrase of its RFC, and Unknown without one") {
    CHECK(reason(Status::ok) == "OK");
    CHECK(reason(Status::see_other) == "See Other");
    CHECK(reason(Status::content_too_large) == "Content Too Large");
    CHECK(reason(Status::request_header_fields_too_large) == "Request Header Fields Too Large");
    CHECK(reason(static_cast<Status>(299)) == "Unknown");
    CHECK(reason(static_cast<Status>(999)) == "Unknown");
}

TEST_CASE("no two statuses share a reason phrase, and none would break a status line") {
    std::set<std::string> seen;
    int named = 0;
    for (int number = 100; number <= 999; ++number) {
        const std::string text(reason(static_cast<Status>(number)));
        if (text == "Unknown") continue;
        INFO(number << " " << text);
        ++named;
        CHECK(seen.insert(text).second);
        CHECK(text.find_first_of("\r\n") == std::string::npos);
        CHECK_FALSE(text.empty());
    }
    CHECK(named >= 40);
}

TEST_CASE("1xx, 204 and 304 have no body, all others may") {
    for (const int number : {100, 101, 103, 199, 204, 304})
        CHECK_FALSE(http::allows_body(static_cast<Status>(number)));
    for (const int number : {200, 201, 205, 206, 301, 404, 500, 999})
        CHECK(http::allows_body(static_cast<Status>(number)));
}
