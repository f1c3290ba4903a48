#pragma once

#include <troika/base/error.hpp>

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace archive {

// The name of the database no longer leads to the file that is open: what were stored now would be
// gone with that file. what() says what happened to it.
class DatabaseLost final : public troika::Error {
  public:
    using Error::Error;
};

// Looks whether the database that was opened is still the one its name leads to: somebody may have
// deleted it, or put a backup in its place. SQLite itself goes on with the nameless file.
//
//   Threads       Any, at once.
//   Errors        begin(): IoError when there is no file. check(): DatabaseLost.
//                 The loss and the return of the file are one log line each.
class DatabaseWatch final {
  public:
    explicit DatabaseWatch(std::filesystem::path file) : file_(std::move(file)) {}

    // What has that name now is the file.
    void begin();
    // One stat().
    void check();
    // What the last check found, without looking again; nothing when all was well.
    std::optional<std::string> lost() const;

  private:
    std::string look() const;  // empty: all is well

    std::filesystem::path file_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    std::mutex looking_;        // held while the disk is asked, which may take its time
    mutable std::mutex mutex_;  // never held for long: lost() is asked on the loop
    std::string lost_;
};

}  // namespace archive
