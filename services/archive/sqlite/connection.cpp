#include "connection.hpp"

#include "sqlite_error.hpp"

#include <troika/base/scope_exit.hpp>

#include <sqlite3.h>

namespace archive::sqlite {

void Connection::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

Connection::Connection(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout) {
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &database, kFlags, nullptr);
    database_.reset(database);  // SQLite wants it closed even when it did not open
    if (database == nullptr) throw SqliteError(code, "open " + file.native(), "out of memory");
    if (code != SQLITE_OK) throw_last_error(database, "open " + file.native());
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, static_cast<int>(busy_timeout.count()));
}

void Connection::execute(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw_last_error(database_.get(), sql);
}

std::int64_t Connection::integer(std::string_view sql) {
    Statement statement = prepare(sql);
    Rows rows = statement.run();
    return rows.next() ? rows.integer(0) : 0;
}

std::string Connection::text(std::string_view sql) {
    Statement statement = prepare(sql);
    Rows rows = statement.run();
    return rows.next() ? std::string(rows.text(0)) : std::string();
}

std::int64_t Connection::changes() const noexcept { return sqlite3_changes64(database_.get()); }

std::string Connection::read_blob(const char* table, const char* column, std::int64_t row) {
    sqlite3_blob* blob = nullptr;
    if (sqlite3_blob_open(database_.get(), "main", table, column, row, 0, &blob) != SQLITE_OK)
        throw_last_error(database_.get(), "open a blob");
    const troika::ScopeExit close([blob] { sqlite3_blob_close(blob); });
    std::string bytes(static_cast<std::size_t>(sqlite3_blob_bytes(blob)), '\0');
    if (!bytes.empty() &&
        sqlite3_blob_read(blob, bytes.data(), static_cast<int>(bytes.size()), 0) != SQLITE_OK)
        throw_last_error(database_.get(), "read a blob");
    return bytes;
}

}  // namespace archive::sqlite
