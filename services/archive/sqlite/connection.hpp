#pragma once

#include "statement.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

struct sqlite3;

namespace archive::sqlite {

// One connection to a database file, which is made when it is missing.
//
//   Lifetime      Not across fork(): a child must not even close it.
//   Threads       Any, but one at a time.
//   Errors        SqliteError; waits up to `busy_timeout` for the locks of others.
class Connection final {
  public:
    Connection(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout);

    // Runs statements separated by ";" whose rows nobody wants.
    void execute(const std::string& sql);
    // The first column of the first row; 0 when there is none.
    std::int64_t integer(std::string_view sql);
    std::string text(std::string_view sql);
    Statement prepare(std::string_view sql) { return {database_.get(), sql}; }

    // Rows changed by the last statement.
    std::int64_t changes() const noexcept;
    // The bytes of one BLOB, copied once.
    std::string read_blob(const char* table, const char* column, std::int64_t row);

  private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };

    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace archive::sqlite
