#include <archive/database_watch.hpp>
#include <archive/documents.hpp>

#include "temporary_folder.hpp"

#include <troika/base/error.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

using archive::DatabaseLost;
using archive::DatabaseWatch;
using archive::Documents;
using archive::DocumentsOptions;
using Catch::Contains;
using troika::testing::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("a watch says what became of its file, and when it is back") {
    const TemporaryFolder folder;
    const std::string file = folder.write("archive.db", "one");
    DatabaseWatch watch(file);
    watch.begin();
    CHECK_NOTHROW(watch.check());
    CHECK_FALSE(watch.lost());

    fs::rename(file, folder.file("elsewhere"));
    CHECK_THROWS_WITH(watch.check(), Contains(file) && Contains("deleted or moved away"));
    CHECK_THAT(watch.lost().value_or(""), Contains("deleted or moved away"));
    folder.write("archive.db", "two");
    CHECK_THROWS_WITH(watch.check(), Contains("another file was put in its place"));

    fs::rename(folder.file("elsewhere"), file);
    CHECK(watch.lost());  // until somebody looks
    CHECK_NOTHROW(watch.check());
    CHECK_FALSE(watch.lost());
}

TEST_CASE("a watch knows the log of its file from the first look that finds one") {
    const TemporaryFolder folder;
    const std::string file = folder.write("archive.db", "one");
    DatabaseWatch watch(file);
    watch.begin();
    CHECK_NOTHROW(watch.check());
    const std::string log = folder.write("archive.db-wal", "log");
    CHECK_NOTHROW(watch.check());
    fs::rename(log, folder.file("elsewhere"));
    CHECK_THROWS_WITH(watch.check(), Contains(log) && Contains("deleted or moved away"));
    folder.write("archive.db-wal", "new");
    CHECK_THROWS_WITH(watch.check(), Contains(log) && Contains("another file"));
    fs::rename(folder.file("elsewhere"), log);
    CHECK_NOTHROW(watch.check());
}

TEST_CASE("documents refuse each call while the log of their database is lost") {
    const TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path()}};
    documents.start();
    const std::int64_t id = documents.add("text/plain", "kept").id;
    const std::string log = documents.file().native() + "-wal";
    fs::rename(log, folder.file("elsewhere"));
    CHECK_THROWS_AS(documents.add("text/plain", "new"), DatabaseLost);
    CHECK_THROWS_AS(documents.find(id), DatabaseLost);
    fs::rename(folder.file("elsewhere"), log);
    CHECK(documents.find(id)->content == "kept");
}

TEST_CASE("a file that is written to stays the same one") {
    const TemporaryFolder folder;
    const std::string file = folder.write("archive.db", "one");
    DatabaseWatch watch(file);
    watch.begin();
    std::ofstream(file, std::ios::app) << "more";
    CHECK_NOTHROW(watch.check());
}

TEST_CASE("there is nothing to watch where there is no file") {
    const TemporaryFolder folder;
    DatabaseWatch watch(folder.file("archive.db"));
    CHECK_THROWS_AS(watch.begin(), troika::IoError);
}

TEST_CASE("documents refuse each call while their database is lost, and make none in its place") {
    const TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path()}};
    documents.start();
    const std::int64_t id = documents.add("text/plain", "kept").id;
    fs::rename(documents.file(), folder.file("elsewhere"));
    CHECK_THROWS_AS(documents.add("text/plain", "new"), DatabaseLost);
    CHECK_THROWS_AS(documents.remove(id), DatabaseLost);
    CHECK_THROWS_AS(documents.find(id), DatabaseLost);
    CHECK_THROWS_AS(documents.newest(10, kNewest), DatabaseLost);
    CHECK_FALSE(fs::exists(documents.file()));
    fs::rename(folder.file("elsewhere"), documents.file());
    CHECK(documents.find(id)->content == "kept");
    CHECK(documents.newest(10, kNewest).size() == 1);
}
