#pragma once

#include "rows.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace archive::sqlite {

// Binds as a BLOB; a plain string_view binds as TEXT.
struct Blob {
    std::string_view bytes;
};

// A prepared statement, run as often as wanted.
//
//   Lifetime      Not longer than its Connection; moved freely while no Rows of it exist.
//   Threads       Those of its Connection: one at a time.
//   Errors        SqliteError.
class Statement final {
  public:
    Statement(sqlite3* database, std::string_view sql);

    // Binds the arguments to ?1, ?2, ... without copying their bytes, which must outlive the Rows.
    template <typename... Args>
    Rows run(const Args&... arguments) {
        [[maybe_unused]] int index = 0;
        (bind(++index, arguments), ...);
        return Rows(statement_.get());
    }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view text);
    void bind(int index, Blob blob);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace archive::sqlite
