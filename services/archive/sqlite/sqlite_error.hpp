#pragma once

#include <troika/base/error.hpp>

#include <string_view>

struct sqlite3;

namespace archive::sqlite {

// SQLite said no. what() reads "<what we were doing>: <SQLite's words>".
class SqliteError final : public troika::Error {
  public:
    SqliteError(int extended_code, std::string_view doing, std::string_view words);

    int extended_code() const noexcept { return extended_code_; }
    // The database may not grow: its own limit is reached, or the disk is full.
    bool full() const noexcept;
    // Somebody else held a lock for longer than the busy timeout.
    bool busy() const noexcept;
    // The file is no database, or its contents contradict themselves.
    bool damaged() const noexcept;

  private:
    int extended_code_;
};

// Throws what the last call on `database` complained about.
[[noreturn]] void throw_last_error(sqlite3* database, std::string_view doing);

}  // namespace archive::sqlite
