#pragma once

#include "sqlite/connection.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace archive {

// The file the archive lives in: how it is made, checked and opened.
//
//   Errors        open_for_writing(): Error that names folder or file and says what to do.
//                 open_for_reading(): SqliteError.
class DatabaseFile final {
  public:
    DatabaseFile(std::filesystem::path file, std::chrono::milliseconds busy_timeout)
        : file_(std::move(file)), busy_timeout_(busy_timeout) {}

    // Makes folder, file and tables where they are missing. The file will not grow beyond
    // `max_bytes` (0: no limit), or beyond its present size if that is more.
    sqlite::Connection open_for_writing(std::uint64_t max_bytes) const;
    sqlite::Connection open_for_reading() const;

  private:
    void prepare_folder() const;
    sqlite::Connection open_archive() const;

    std::filesystem::path file_;
    std::chrono::milliseconds busy_timeout_;
};

}  // namespace archive
