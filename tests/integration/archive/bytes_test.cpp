#include "archive_service.hpp"
#include "json.hpp"
#include "shell.hpp"

#include <archive/tests/shell_statistics.hpp>

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

using namespace troika::testing;
using archive_test::json_of;
using archive_test::kLongest;
using archive_test::start_archive;
using archive_test::sum_of;

namespace {

constexpr const char* kText = "/usr/share/common-licenses/GPL-3";

// Of the stored document and of the same bytes as a body.
void check_digests(const ServiceProcess& service, const std::string& location,
                   const std::string& content) {
    for (const std::string algorithm : {"sha256", "sha512"}) {
        const std::string query = "/digest?algorithm=" + algorithm;
        const std::string expected = sum_of(algorithm + "sum", content);
        REQUIRE(expected.size() == (algorithm == "sha256" ? 64 : 128));
        for (const Reply& reply :
             {get(service.port(), location + query), post(service.port(), query, content)}) {
            CHECK(reply.status == 200);
            const nlohmann::json digest = json_of(reply);
            CHECK(digest["digest"] == expected);
            CHECK(digest["algorithm"] == algorithm);
            CHECK(digest["size"] == content.size());
        }
    }
}

}  // namespace

TEST_CASE("the archive digests GPL-3 as sha256sum and sha512sum do, stored and as a body") {
    const ServiceProcess service = start_archive();
    const std::string content = read_file(kText);
    REQUIRE(content.size() > 30'000);
    const std::string location = archive_test::store(service, content);
    CHECK(get(service.port(), location).body == content);
    check_digests(service, location, content);
}

TEST_CASE("the archive counts the words of GPL-3 as tr, sort, uniq and wc do") {
    const ServiceProcess service = start_archive();
    const std::string location = archive_test::store(service, read_file(kText));
    const nlohmann::json counted = json_of(get(service.port(), location + "/statistics"));
    std::ostringstream told;
    told << counted["lines"] << '\n'
         << counted["words"] << '\n'
         << counted["distinct_words"] << '\n';
    for (const auto& each : counted["frequent_words"])
        told << each["count"] << ' ' << each["word"].get<std::string>() << '\n';
    CHECK(told.str() == archive_test::told_by_shell(archive_test::ascii_words(kText), kText));
    CHECK(counted["frequent_words"].size() == 20);
}

TEST_CASE("64 MB of random bytes come back as curl sent them, with the digests of the tools",
          "[slow]") {
    const ServiceProcess service = start_archive();
    const std::string file = service.folder().file("random");
    output_of("head -c " + std::to_string(kLongest) + " /dev/urandom > " + file);
    const std::string url = "http://127.0.0.1:" + std::to_string(service.port());
    const std::string stored =
        output_of("curl -sSf -H 'Content-Type: application/x-random' --data-binary @" + file + " " +
                  url + "/documents");
    CHECK(troika::testing::json_of(stored)["size"] == kLongest);
    const std::string location = "/documents/" + troika::testing::json_of(stored)["id"].dump();
    // cmp fails the pipe, and with it the test, at the first byte that differs.
    output_of("curl -sSf " + url + location + " | cmp - " + file);
    const Reply shown = get(service.port(), location);
    CHECK(shown.header("content-type") == "application/x-random");
    const std::string content = read_file(file);
    CHECK((shown.body == content));
    check_digests(service, location, content);
}

TEST_CASE("one byte more than the longest document is a 413, stored and as a body", "[slow]") {
    const ServiceProcess service = start_archive();
    for (const char* target : {"/documents", "/digest"}) {
        SocketClient client(service.port());
        client.send("POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                    std::to_string(kLongest + 1) + "\r\n\r\n");
        CHECK(client.read_reply().status == 413);
    }
    CHECK(json_of(get(service.port(), "/documents"))["documents"].empty());
}
