#include "rows.hpp"

#include "sqlite_error.hpp"

#include <sqlite3.h>

namespace archive::sqlite {

Rows::~Rows() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    throw_last_error(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
}

void Rows::finish() {
    while (next()) {
    }
}

std::int64_t Rows::integer(int column) const noexcept {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Rows::text(int column) const noexcept {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace archive::sqlite
