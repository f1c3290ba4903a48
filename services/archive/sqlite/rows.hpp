#pragma once

#include <cstdint>
#include <string_view>

struct sqlite3_stmt;

namespace archive::sqlite {

// One run of a Statement, and the rows it gives. Work is done by next(): a statement that changes
// something must be asked until it says false, which is when its change is committed.
//
//   Lifetime      Resets its statement when it goes; columns are valid until the next next().
//   Errors        SqliteError.
class Rows final {
  public:
    explicit Rows(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows();

    // Moves to the next row; false when there is none.
    bool next();
    // next() until the end.
    void finish();

    std::int64_t integer(int column) const noexcept;
    std::string_view text(int column) const noexcept;

  private:
    sqlite3_stmt* statement_;
};

}  // namespace archive::sqlite
