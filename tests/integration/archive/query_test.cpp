#include "archive_service.hpp"
#include "json.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troika::testing;
using archive_test::json_of;
using Catch::Contains;

TEST_CASE("the archive refuses a query it does not know, and says which part and what it knows") {
    const ServiceProcess service = archive_test::start_archive();
    const std::string location = archive_test::store(service, "kept");
    const std::vector<std::pair<std::string, std::string>> refused{
        {"/documents?limt=3", "'limt' is unknown; known: limit, before"},
        {"/documents?limit=3&limit=4", "'limit' is given twice"},
        {"/documents?limit=3&lim%69t=4", "'limit' is given twice"},
        {"/documents?before=2&&Limit=1", "'Limit' is unknown"},
        {"/documents?%zz=1", "malformed %-escape"},
        {"/documents?limit=%zz", "malformed %-escape"},
        {"/documents?limit", "limit"},
        {"/documents?limit=", "limit"},
        {"/documents?limit=0", "1 to 100, not 0"},
        {"/documents?limit=-1", "1 to 100, not -1"},
        {"/documents?limit=101", "1 to 100, not 101"},
        {"/documents?limit=1.5", "limit"},
        {"/documents?limit=99999999999", "limit"},
        {"/documents?before=0", "1 or more, not 0"},
        {"/documents?before=-7", "1 or more, not -7"},
        {"/documents?before=9223372036854775808", "before"},
        {"/documents?before=x", "before"},
        {"/documents/1?download=1", "'download' is unknown; this route knows none"},
        {"/documents/1/digest?algorithm=sha256&algorithm=sha512", "'algorithm' is given twice"},
        {"/documents/1/digest?algo=sha512", "'algo' is unknown; known: algorithm"},
        {"/documents/1/digest?algorithm=", "known: sha256, sha512"},
        {"/documents/1/statistics?top=50", "'top' is unknown; this route knows none"},
    };
    for (const auto& [target, expected] : refused) {
        INFO(target);
        const Reply reply = get(service.port(), target);
        CHECK(reply.status == 400);
        CHECK(reply.header("content-type") == "application/problem+json");
        CHECK_THAT(json_of(reply)["detail"].get<std::string>(), Contains(expected));
    }
}

TEST_CASE("what changes something is refused before it does, too, when its query is not known") {
    const ServiceProcess service = archive_test::start_archive();
    const std::string location = archive_test::store(service, "kept");
    CHECK(post(service.port(), "/documents?name=x", "new").status == 400);
    CHECK(post(service.port(), "/digest?algo=sha512", "abc").status == 400);
    SocketClient client(service.port());
    client.send("DELETE " + location + "?force=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_reply().status == 400);
    CHECK(json_of(get(service.port(), "/documents"))["documents"].size() == 1);
}

TEST_CASE("the outermost values of limit and before are taken") {
    const ServiceProcess service = archive_test::start_archive();
    for (int i = 0; i < 3; ++i) archive_test::store(service, "x");
    const auto count = [&](const std::string& query) {
        return json_of(get(service.port(), "/documents?" + query))["documents"].size();
    };
    CHECK(count("limit=1") == 1);
    CHECK(count("limit=100") == 3);
    CHECK(count("before=1") == 0);
    CHECK(count("before=9223372036854775807&limit=2") == 2);
    CHECK(count("") == 3);
    CHECK(count("&") == 3);
}
