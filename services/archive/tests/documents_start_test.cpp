#include <archive/documents.hpp>
#include <archive/sqlite/connection.hpp>

#include "temporary_folder.hpp"

#include <troika/base/error.hpp>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

using archive::Documents;
using archive::DocumentsOptions;
using archive::sqlite::Connection;
using Catch::Contains;
using troika::testing::TemporaryFolder;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string error_of_starting(const fs::path& folder) {
    Documents documents{DocumentsOptions{.folder = folder, .busy_timeout = 10ms}};
    try {
        documents.start();
        return "it started";
    } catch (const troika::Error& error) {
        return error.what();
    }
}

void write_file(const fs::path& path, const std::string& bytes, std::ios::openmode mode = {}) {
    std::fstream file(path, std::ios::binary | std::ios::out | mode);
    file << bytes;
    REQUIRE(file.flush());
}

class WithoutRoot final {
  public:
    WithoutRoot() {
        if (root_) REQUIRE(::seteuid(65534) == 0);
    }
    WithoutRoot(const WithoutRoot&) = delete;
    WithoutRoot& operator=(const WithoutRoot&) = delete;
    ~WithoutRoot() {
        if (root_ && ::seteuid(0) != 0) std::abort();
    }

  private:
    bool root_ = ::geteuid() == 0;
};

}  // namespace

TEST_CASE("a missing folder is made, with its parents") {
    const TemporaryFolder folder;
    CHECK(error_of_starting(folder.path() / "a/b/c") == "it started");
    CHECK(fs::exists(folder.path() / "a/b/c/archive.db"));
}

TEST_CASE("a folder that cannot be made is an error that names it and the setting") {
    const TemporaryFolder folder;
    write_file(folder.path() / "file", "in the way");
    const std::string error = error_of_starting(folder.path() / "file/data");
    CHECK_THAT(error, Contains("'" + (folder.path() / "file/data").native() + "'"));
    CHECK_THAT(error, Contains("Not a directory"));
    CHECK_THAT(error, Contains("archive.folder"));
}

TEST_CASE("a folder without permission is an error that names it, the user and the setting") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    fs::create_directory(data);
    fs::permissions(folder.path(), fs::perms::others_read | fs::perms::others_exec,
                    fs::perm_options::add);
    if (::geteuid() != 0) fs::permissions(data, fs::perms::owner_read | fs::perms::owner_exec);
    std::string error;
    std::string user;
    {
        const WithoutRoot without_root;  // permissions do not bind root
        user = std::to_string(::geteuid());
        error = error_of_starting(data);
    }
    CHECK_THAT(error, Contains("'" + data.native() + "'"));
    CHECK_THAT(error, Contains("Permission denied"));
    CHECK_THAT(error, Contains("uid " + user));
    CHECK_THAT(error, Contains("archive.folder"));
    fs::permissions(data, fs::perms::owner_all);
    CHECK_FALSE(fs::exists(data / "archive.db"));
}

TEST_CASE("a file that is no database is an error that says what to do, and stays as it is") {
    const TemporaryFolder folder;
    const std::string garbage(10'000, 'g');
    write_file(folder.path() / "archive.db", garbage);
    const std::string error = error_of_starting(folder.path());
    CHECK_THAT(error, Contains((folder.path() / "archive.db").native()));
    CHECK_THAT(error, Contains("damaged or no SQLite database"));
    CHECK_THAT(error, Contains("backup"));
    CHECK(fs::file_size(folder.path() / "archive.db") == garbage.size());
}

TEST_CASE("an archive whose first page was overwritten behind the header is called damaged") {
    const TemporaryFolder folder;
    REQUIRE(error_of_starting(folder.path()) == "it started");
    {
        std::fstream file(folder.path() / "archive.db",
                          std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(100);
        file << std::string(1000, '\xee');
        REQUIRE(file.flush());
    }
    CHECK_THAT(error_of_starting(folder.path()), Contains("damaged or no SQLite database"));
}

TEST_CASE("a database of another program is refused and left alone") {
    const TemporaryFolder folder;
    {
        Connection other(folder.path() / "archive.db", 1s);
        other.execute("CREATE TABLE theirs (x); PRAGMA journal_mode = DELETE");
    }
    CHECK_THAT(error_of_starting(folder.path()), Contains("belongs to another program"));
    Connection other(folder.path() / "archive.db", 1s);
    CHECK(other.integer("SELECT count(*) FROM sqlite_schema") == 1);
    CHECK(other.text("PRAGMA journal_mode") == "delete");
}

TEST_CASE("an archive of another format is refused with both numbers") {
    const TemporaryFolder folder;
    REQUIRE(error_of_starting(folder.path()) == "it started");
    Connection(folder.path() / "archive.db", 1s).execute("PRAGMA user_version = 7");
    const std::string error = error_of_starting(folder.path());
    CHECK_THAT(error, Contains("format 7"));
    CHECK_THAT(error, Contains("format 1"));
}

TEST_CASE("an archive that another program has locked is an error that says so") {
    const TemporaryFolder folder;
    REQUIRE(error_of_starting(folder.path()) == "it started");
    Connection other(folder.path() / "archive.db", 1s);
    other.execute("BEGIN IMMEDIATE");
    CHECK_THAT(error_of_starting(folder.path()), Contains("another program has locked it"));
}
