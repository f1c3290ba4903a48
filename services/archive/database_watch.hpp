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
// deleted it, or put a backup in its place. SQLite itself goes on with the nameless file. The same for
// its log (file + "-wal", where SQLite keeps what was stored last), known from the first look that
// finds one: an open database keeps the one it has.
//
//   Threads       Any, at once.
//   Errors        begin(): IoError when there is no file. check(): DatabaseLost.
//                 The loss and the return of the file are one log line each.
class DatabaseWatch final {
  public:
    explicit DatabaseWatch(std::filesystem::path file) : file_(std::move(file)), log_(file_) {
        log_ += "-wal";
    }

    // What has that name now is the file.
    void begin();
    // Before the database is closed, which takes its log away: check() looks at nothing any more.
    void end();
    // Two stat() calls.
    void check();
    // What the last check found, without looking again; nothing when all was well.
    std::optional<std::string> lost() const;

  private:
    struct Identity {
        dev_t device;
        ino_t inode;
        bool operator==(const Identity&) const = default;
    };

    std::string look();  // empty: all is well
    static std::string difference(const std::filesystem::path& path, const Identity& expected);

    std::filesystem::path file_;
    std::filesystem::path log_;
    bool watching_ = false;
    Identity file_identity_{};
    std::optional<Identity> log_identity_;
    std::mutex looking_;        // held while the disk is asked, which may take its time
    mutable std::mutex mutex_;  // never held for long: lost() is asked on the loop
    std::string lost_;
};

}  // namespace archive
