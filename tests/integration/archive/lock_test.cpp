#include "archive_service.hpp"
#include "json.hpp"

#include <archive/sqlite/connection.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace troika::testing;
using archive_test::json_of;
using archive_test::start_archive;
using archive_test::store;

TEST_CASE("readers of the archive are answered while eight writers wait for a lock") {
    ServiceProcess service = start_archive({"--threads.threads", "2"});
    const std::string known = store(service, "kept");
    archive::sqlite::Connection other(service.folder().path() / "data/archive.db",
                                      std::chrono::seconds(1));
    other.execute("BEGIN IMMEDIATE");
    constexpr int kWriters = 8;
    std::vector<SocketClient> writers;
    for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back(service.port());
        REQUIRE(writers.back().post("/documents", "new"));
    }
    service.wait_in_flight(kWriters);

    CHECK(get(service.port(), known).body == "kept");
    CHECK(get(service.port(), known + "/digest").status == 200);
    CHECK(json_of(get(service.port(), "/documents"))["documents"].size() == 1);
    // Not one of them was answered before the readers; one more is the question itself.
    CHECK(service.metric("troika_http_requests_in_flight") == kWriters + 1);

    other.execute("ROLLBACK");
    for (SocketClient& writer : writers) CHECK(writer.read_reply().status == 201);
    CHECK(json_of(get(service.port(), "/documents"))["documents"].size() == kWriters + 1);
}
