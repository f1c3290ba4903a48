#include "statement.hpp"

#include "sqlite_error.hpp"

#include <sqlite3.h>

namespace archive::sqlite {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) throw_last_error(database, sql);
    statement_.reset(statement);
}

void Statement::bind(int index, std::int64_t value) {
    if (sqlite3_bind_int64(statement_.get(), index, value) != SQLITE_OK)
        throw_last_error(sqlite3_db_handle(statement_.get()), "bind a number");
}

void Statement::bind(int index, std::string_view text) {
    const char* data = text.empty() ? "" : text.data();
    if (sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC,
                            SQLITE_UTF8) != SQLITE_OK)
        throw_last_error(sqlite3_db_handle(statement_.get()), "bind a text");
}

void Statement::bind(int index, Blob blob) {
    // A null pointer would bind NULL instead of no bytes.
    const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
    if (sqlite3_bind_blob64(statement_.get(), index, data, blob.bytes.size(), SQLITE_STATIC) !=
        SQLITE_OK)
        throw_last_error(sqlite3_db_handle(statement_.get()), "bind bytes");
}

}  // namespace archive::sqlite
