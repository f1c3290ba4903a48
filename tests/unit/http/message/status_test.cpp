#include <troika/http/message/status.hpp>

#include <catch2/catch.hpp>

using namespace troika;

TEST_CASE("a status has its number and its reason phrase") {
    CHECK(http::to_int(Status::content_too_large) == 413);
    CHECK(http::reason(Status::content_too_large) == "Content Too Large");
    CHECK(http::reason(Status::ok) == "OK");
    CHECK(http::reason(Status::gateway_timeout) == "Gateway Timeout");
    CHECK(http::reason(static_cast<Status>(418)) == "Unknown");
}

TEST_CASE("1xx, 204 and 304 never have a body (RFC 9110 6.4.1)") {
    for (const Status without :
         {Status::continue_, Status::switching_protocols, Status::no_content, Status::not_modified})
        CHECK(!http::allows_body(without));
    for (const Status with : {Status::ok, Status::not_found, Status::internal_server_error})
        CHECK(http::allows_body(with));
}
