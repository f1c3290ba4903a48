#include "database_file.hpp"

#include "sqlite/sqlite_error.hpp"

#include <troika/base/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace archive {

using sqlite::Connection;
using sqlite::SqliteError;

namespace {

constexpr std::int64_t kApplicationId = 0x74726f61;  // says that a file is ours
constexpr std::int64_t kVersion = 1;                 // of the tables below

// `content` is the last column, so that a list of documents reads no content.
constexpr const char* kTables =
    "CREATE TABLE documents ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  content_type TEXT NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  created TEXT NOT NULL,"
    "  content BLOB NOT NULL"
    ")";

std::string quoted(const std::filesystem::path& path) {
    std::error_code ignored;
    const auto absolute = std::filesystem::absolute(path, ignored);
    return "'" + (absolute.empty() ? path : absolute).native() + "'";
}

void require_access(const std::filesystem::path& path, int mode, const std::string& what) {
    if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) return;
    const std::string reason = std::system_category().message(errno);
    throw troika::Error("the archive cannot read and write " + what + " " + quoted(path) + " (" +
                        reason + "): give the user with uid " + std::to_string(::geteuid()) +
                        " access to it, or set archive.folder to another folder");
}

[[noreturn]] void throw_explained(const SqliteError& error, const std::filesystem::path& file) {
    std::string text = "the archive cannot open " + quoted(file) + " (" + error.what() + "): ";
    if (error.damaged())
        text +=
            "it is damaged or no SQLite database; put a backup in its place, or move it away "
            "to begin with an empty archive";
    else if (error.busy())
        text += "another program has locked it; stop that one first";
    else if (error.full())
        text += "there is no room for it; free disk space or set archive.folder to another folder";
    else
        text += "see what holds the folder back, or set archive.folder to another one";
    throw troika::Error(text);
}

// Makes the tables in an empty file; refuses one that is not ours.
void prepare_tables(Connection& connection, const std::filesystem::path& file) {
    connection.execute("BEGIN IMMEDIATE");
    const std::int64_t owner = connection.integer("PRAGMA application_id");
    const std::int64_t version = connection.integer("PRAGMA user_version");
    if (owner == 0 && connection.integer("SELECT count(*) FROM sqlite_schema") == 0) {
        connection.execute(kTables);
        connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
        connection.execute("PRAGMA user_version = " + std::to_string(kVersion));
    } else if (owner != kApplicationId) {
        throw troika::Error("the database " + quoted(file) +
                            " belongs to another program: set archive.folder to another folder");
    } else if (version != kVersion) {
        throw troika::Error("the archive " + quoted(file) + " has format " +
                            std::to_string(version) + " and this program reads format " +
                            std::to_string(kVersion) + ": use the program that wrote it");
    }
    connection.execute("COMMIT");
}

}  // namespace

Connection DatabaseFile::open_for_writing(std::uint64_t max_bytes) const {
    prepare_folder();
    try {
        Connection connection = open_archive();
        if (max_bytes > 0) {
            const auto page = static_cast<std::uint64_t>(connection.integer("PRAGMA page_size"));
            const std::uint64_t pages = std::max<std::uint64_t>(max_bytes / page, 1);
            connection.execute("PRAGMA max_page_count = " + std::to_string(pages));
        }
        return connection;
    } catch (const SqliteError& error) {
        throw_explained(error, file_);
    }
}

Connection DatabaseFile::open_for_reading() const {
    Connection connection(file_, busy_timeout_);
    connection.execute("PRAGMA query_only = ON");
    return connection;
}

void DatabaseFile::prepare_folder() const {
    const std::filesystem::path folder = file_.parent_path();
    std::error_code ec;
    std::filesystem::create_directories(folder, ec);
    if (ec)
        throw troika::Error("the archive cannot make its folder " + quoted(folder) + " (" +
                            ec.message() + "): make it for the user with uid " +
                            std::to_string(::geteuid()) +
                            ", or set archive.folder to another folder");
    require_access(folder, R_OK | W_OK | X_OK, "its folder");
    if (std::filesystem::exists(file_, ec)) require_access(file_, R_OK | W_OK, "its database");
}

Connection DatabaseFile::open_archive() const {
    Connection connection(file_, busy_timeout_);
    prepare_tables(connection, file_);
    if (connection.text("PRAGMA journal_mode = WAL") != "wal")
        throw troika::Error("the archive cannot use " + quoted(file_) +
                            ": its file system has no shared memory for files (a network share?); "
                            "set archive.folder to a folder on a local disk");
    // FULL: a commit is on the disk when it returns. In WAL mode that is one fsync per commit.
    connection.execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
    return connection;
}

}  // namespace archive
