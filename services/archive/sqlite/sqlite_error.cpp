#include "sqlite_error.hpp"

#include <sqlite3.h>

#include <string>

namespace archive::sqlite {

namespace {
constexpr int primary(int extended_code) { return extended_code & 0xff; }
}  // namespace

SqliteError::SqliteError(int extended_code, std::string_view doing, std::string_view words)
    : Error(std::string(doing) + ": " + std::string(words)), extended_code_(extended_code) {}

bool SqliteError::full() const noexcept { return primary(extended_code_) == SQLITE_FULL; }

bool SqliteError::busy() const noexcept {
    return primary(extended_code_) == SQLITE_BUSY || primary(extended_code_) == SQLITE_LOCKED;
}

bool SqliteError::damaged() const noexcept {
    return primary(extended_code_) == SQLITE_CORRUPT || primary(extended_code_) == SQLITE_NOTADB;
}

void throw_last_error(sqlite3* database, std::string_view doing) {
    throw SqliteError(sqlite3_extended_errcode(database), doing, sqlite3_errmsg(database));
}

}  // namespace archive::sqlite
