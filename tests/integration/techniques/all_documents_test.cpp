#include "chunked_body.hpp"
#include "eventually.hpp"
#include "process_tree.hpp"
#include "sanitized.hpp"
#include "service_process.hpp"

#include <archive/documents.hpp>
#include <archive/sqlite/connection.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

// GET /documents/all of the archive: a million rows of a real database, line by line.

using namespace troika::testing;
using namespace std::chrono_literals;
using techniques_test::read_body;
using troika::testing::kSanitized;

namespace {

constexpr std::int64_t kDocuments = kSanitized ? 200'000 : 1'000'000;
constexpr std::size_t kGrowth = std::size_t{16} << 20;  // the lines have more than 100 MB
constexpr const char* kListed = "archive_listed_documents_total";

void fill(const TemporaryFolder& folder) {
    archive::Documents documents({.folder = folder.path()});
    documents.start();
    documents.stop();
    archive::sqlite::Connection database(documents.file(), 5s);
    database.execute(
        "WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < " +
        std::to_string(kDocuments) +
        ") INSERT INTO documents (content_type, size, created, content) "
        "SELECT 'text/plain; charset=utf-8', 0, '2026-01-31T12:00:00.000Z', x'' FROM counted");
}

ServiceProcess start_archive(const TemporaryFolder& folder) {
    return ServiceProcess::listening(
        {.arguments = {"--archive.folder", folder.path()}, .binary = ARCHIVE_BINARY});
}

// Lines that count down, as they come: {"id":1000000, ...
struct Lines {
    std::int64_t next = kDocuments;
    bool in_order = true;
    std::string rest;

    void take(std::string_view piece) {
        rest += piece;
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos;
             begin = end + 1) {
            const std::string wanted = "{\"id\":" + std::to_string(next--) + ",";
            if (rest.compare(begin, wanted.size(), wanted) != 0) in_order = false;
        }
        rest.erase(0, begin);
    }
};

}  // namespace

TEST_CASE("a million documents are listed by a service whose memory stays as it is", "[slow]") {
    const TemporaryFolder folder;
    fill(folder);
    const ServiceProcess service = start_archive(folder);
    SocketClient first(service.port());
    REQUIRE(first.get("/documents/all?before=20001"));
    CHECK(read_body(first, [](std::string_view) {}));
    const std::size_t before = resident_memory(service.pid());
    REQUIRE(before > 0);

    SocketClient client(service.port());
    REQUIRE(client.get("/documents/all"));
    Lines lines;
    std::size_t peak = 0;
    std::int64_t looked = kDocuments;
    const bool whole = read_body(client, [&](std::string_view piece) {
        lines.take(piece);
        if (looked - lines.next < 10'000) return;
        looked = lines.next;
        peak = std::max(peak, resident_memory(service.pid()));
    });
    CHECK(whole);
    CHECK(lines.next == 0);
    CHECK(lines.in_order);
    CHECK(lines.rest.empty());
    INFO(before << " bytes before, " << peak << " at most");
    if (!kSanitized) CHECK(peak < before + kGrowth);
}

TEST_CASE("a client that stops reading stops the query, and gets the rest when it goes on",
          "[slow]") {
    const TemporaryFolder folder;
    fill(folder);
    const ServiceProcess service = start_archive(folder);
    SocketClient slow(service.port());
    REQUIRE(slow.get("/documents/all"));
    REQUIRE(eventually([&] { return service.metric(kListed) > 0; }));
    // The buffers of the socket hold some; then nothing is read from the database any more, however
    // often the loop turns.
    constexpr int kSame = 100;  // answers in a row
    double listed = 0;
    int same = 0;
    CHECK(eventually([&] {
        const double now = service.metric(kListed);
        same = now == listed ? same + 1 : 0;
        listed = now;
        return same == kSame;
    }));
    CHECK(listed < kDocuments);
    CHECK(get(service.port(), "/documents?limit=1").status == 200);

    Lines lines;
    CHECK(read_body(slow, [&](std::string_view piece) { lines.take(piece); }));
    CHECK(lines.next == 0);
    CHECK(lines.in_order);
    CHECK(service.metric(kListed) == kDocuments);
}

TEST_CASE("a client that goes away ends the query", "[slow]") {
    const TemporaryFolder folder;
    fill(folder);
    const ServiceProcess service = start_archive(folder);
    SocketClient client(service.port());
    REQUIRE(client.get("/documents/all"));
    REQUIRE(eventually([&] { return service.metric(kListed) > 0; }));
    client.close();
    constexpr double kThisOne = 1;
    CHECK(eventually([&] { return service.metric("troika_http_requests_in_flight") == kThisOne; }));
    CHECK(service.metric(kListed) < kDocuments);
}
