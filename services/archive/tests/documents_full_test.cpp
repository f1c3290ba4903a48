#include <archive/documents.hpp>
#include <archive/sqlite/connection.hpp>
#include <archive/sqlite/sqlite_error.hpp>

#include "temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <optional>
#include <string>

using archive::Documents;
using archive::DocumentsOptions;
using archive::sqlite::Connection;
using archive::sqlite::SqliteError;
using troika::testing::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kFromNewest = std::numeric_limits<std::int64_t>::max();

std::optional<SqliteError> error_of_adding(Documents& documents, const std::string& content) {
    try {
        documents.add("text/plain", content);
        return std::nullopt;
    } catch (const SqliteError& error) {
        return error;
    }
}

}  // namespace

TEST_CASE("a full archive says so, stores nothing of the document, and goes on") {
    const TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path(), .max_database = 1 << 20}};
    documents.start();
    const std::int64_t kept = documents.add("text/plain", std::string(500'000, 'a')).id;

    const std::optional<SqliteError> error = error_of_adding(documents, std::string(900'000, 'b'));
    REQUIRE(error);
    CHECK(error->full());
    CHECK_FALSE(error->busy());
    CHECK_FALSE(error->damaged());

    CHECK(documents.newest(10, kFromNewest).size() == 1);
    CHECK(documents.find(kept)->content == std::string(500'000, 'a'));
    CHECK(documents.add("text/plain", "small").id > kept);
    CHECK(Connection(documents.file(), 1s).text("PRAGMA integrity_check") == "ok");

    SECTION("and room that was given back is used again") {
        CHECK(documents.remove(kept));
        CHECK_FALSE(error_of_adding(documents, std::string(900'000, 'b')));
    }
}

TEST_CASE("a limit below what the archive already has keeps it readable") {
    const TemporaryFolder folder;
    {
        Documents documents{DocumentsOptions{.folder = folder.path()}};
        documents.start();
        documents.add("text/plain", std::string(100'000, 'a'));
    }
    Documents documents{DocumentsOptions{.folder = folder.path(), .max_database = 1}};
    documents.start();
    CHECK(documents.newest(10, kFromNewest).size() == 1);
    CHECK(error_of_adding(documents, std::string(100'000, 'b'))->full());
}

TEST_CASE("a lock that another program keeps is an error after the busy timeout") {
    const TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path(), .busy_timeout = 20ms}};
    documents.start();
    documents.add("text/plain", "before");
    Connection other(documents.file(), 0ms);
    other.execute("BEGIN IMMEDIATE");

    const std::optional<SqliteError> error = error_of_adding(documents, "during");
    REQUIRE(error);
    CHECK(error->busy());
    CHECK(documents.newest(10, kFromNewest).size() == 1);

    other.execute("ROLLBACK");
    CHECK_FALSE(error_of_adding(documents, "after"));
}
