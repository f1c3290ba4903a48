#include "archive_service.hpp"
#include "eventually.hpp"
#include "json.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using namespace troika::testing;
using archive_test::json_of;
using archive_test::start_archive;
using archive_test::store;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

Reply remove(const ServiceProcess& service, const std::string& target) {
    SocketClient client(service.port());
    client.send("DELETE " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return client.read_reply();
}

fs::path database_of(const ServiceProcess& service) {
    return service.folder().path() / "data/archive.db";
}

// Every route that needs the database says the same, and the others go on.
void check_refusals(ServiceProcess& service, const std::string& known) {
    for (const Reply& reply :
         {get(service.port(), known), get(service.port(), "/documents"),
          get(service.port(), known + "/digest"), get(service.port(), known + "/statistics"),
          post(service.port(), "/documents", "new"), remove(service, known)}) {
        INFO(reply.head);
        CHECK(reply.status == 503);
        CHECK(reply.header("content-type") == "application/problem+json");
        CHECK_THAT(reply.body, Contains("urn:problem:archive-lost"));
        CHECK_THAT(reply.body, !Contains("archive.db"));
    }
    const Reply ready = get(service.port(), "/readyz");
    CHECK(ready.status == 503);
    CHECK_THAT(ready.body, Contains("archive.db") && Contains("is lost"));
    CHECK(get(service.port(), "/livez").status == 200);
    CHECK(get(service.port(), "/ping").status == 200);
    CHECK(post(service.port(), "/digest", "abc").status == 200);
    service.wait_output(
        "the database is lost");  // the log does not wait for answers, nor they for it
    CHECK(service.count_output("the database is lost") == 1);
}

}  // namespace

TEST_CASE("a full archive answers 507, serves what it has, and takes more after a DELETE") {
    ServiceProcess service = start_archive({"--archive.max_database", "3MB"});
    const std::string content = archive_test::random_bytes(900'000);
    std::vector<std::string> stored;
    Reply last;
    const bool full = eventually([&] {
        last = post(service.port(), "/documents", content);
        if (last.status == 201) stored.push_back(last.header("location").value());
        return last.status != 201;
    });
    REQUIRE(full);
    CHECK(last.status == 507);
    CHECK(last.header("content-type") == "application/problem+json");
    CHECK_THAT(last.body, Contains("urn:problem:archive-full") && Contains("max_database"));
    REQUIRE(stored.size() >= 2);
    CHECK(fs::file_size(database_of(service)) <= 3'000'000);
    for (int again = 0; again < 3; ++again)
        CHECK(post(service.port(), "/documents", content).status == 507);
    CHECK(json_of(get(service.port(), "/documents"))["documents"].size() == stored.size());
    for (const std::string& location : stored) {
        CHECK((get(service.port(), location).body == content));
        CHECK(get(service.port(), location + "/digest").status == 200);
    }
    CHECK(get(service.port(), "/readyz").status == 200);

    CHECK(remove(service, stored.front()).status == 204);
    CHECK(get(service.port(), stored.front()).status == 404);
    CHECK((get(service.port(), store(service, content)).body == content));
    CHECK(post(service.port(), "/documents", content).status == 507);
}

TEST_CASE("an archive whose database was deleted says so instead of storing into nowhere") {
    ServiceProcess service = start_archive();
    const std::string known = store(service, "kept");
    REQUIRE(get(service.port(), known).status == 200);
    fs::remove(database_of(service));
    check_refusals(service, known);
    CHECK_THAT(service.output(), Contains("it was deleted or moved away"));
    CHECK_FALSE(fs::exists(database_of(service)));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("an archive whose database was replaced serves neither the old nor the new one") {
    ServiceProcess service = start_archive();
    const std::string known = store(service, "kept");
    const fs::path backup = service.folder().path() / "backup.db";
    fs::copy_file(database_of(service), backup);
    const auto size = fs::file_size(backup);
    fs::rename(backup, database_of(service));
    check_refusals(service, known);
    CHECK_THAT(service.output(), Contains("another file was put in its place"));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK(fs::file_size(database_of(service)) == size);
}

TEST_CASE("an archive whose log was deleted says so, and an orderly stop saves what it held") {
    ServiceProcess service = start_archive();
    const std::string known = store(service, "kept");
    fs::remove(database_of(service).native() + "-wal");
    check_refusals(service, known);
    CHECK_THAT(service.output(), Contains("archive.db-wal: it was deleted or moved away"));
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    const ServiceProcess again =
        start_archive({"--archive.folder", database_of(service).parent_path()});
    CHECK(get(again.port(), known).body == "kept");
}

TEST_CASE("an idle archive, too, notices that its database went away, and that it came back") {
    ServiceProcess service = start_archive();
    const std::string known = store(service, "kept");
    const fs::path elsewhere = service.folder().path() / "elsewhere.db";
    fs::rename(database_of(service), elsewhere);
    service.wait_output("the database is lost");
    CHECK(get(service.port(), "/readyz").status == 503);
    fs::rename(elsewhere, database_of(service));
    service.wait_output("the database is back");
    CHECK(get(service.port(), "/readyz").status == 200);
    CHECK(get(service.port(), known).body == "kept");
    CHECK(get(service.port(), store(service, "new")).body == "new");
    CHECK(service.count_output("the database is lost") == 1);
}
