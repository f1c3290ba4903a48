#pragma once

#include "database_watch.hpp"
#include "document.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace archive {

struct DocumentsOptions {
    std::filesystem::path folder = "data";         // made when it is missing; holds archive.db
    std::uint64_t max_database = 0;                // bytes of the file; 0: as far as the disk goes
    std::chrono::milliseconds busy_timeout{5000};  // wait for another program's lock
};

// The documents, in one SQLite file: one connection writes, one for each concurrent reader reads.
// What add() returned is on the disk: it survives a kill and a power cut.
//
//   Lifetime      Calls are between start() and stop(). Not across fork(): start() comes after it.
//   Threads       Every call blocks and may come from any thread; writers take turns, readers do
//                 not wait for them.
//   Errors        start(): Error that names the folder or file and what to do. Calls: SqliteError,
//                 which leaves the archive as it was; DatabaseLost when its file was deleted or
//                 replaced; Stopped after stop().
class Documents final {
  public:
    static constexpr std::size_t kAnyLength = std::numeric_limits<std::size_t>::max();

    explicit Documents(DocumentsOptions options);
    Documents(const Documents&) = delete;
    Documents& operator=(const Documents&) = delete;
    ~Documents();

    void start();
    // Waits for the writer; readers under way close behind themselves.
    void stop();

    DocumentInfo add(std::string_view content_type, std::string_view content);
    // Without its content when that is longer than `longest` bytes: info.size tells.
    std::optional<Document> find(std::int64_t id, std::size_t longest = kAnyLength);
    // At most `count` documents with ids below `before`, newest first.
    std::vector<DocumentInfo> newest(std::size_t count, std::int64_t before);
    // False when there is no such document.
    bool remove(std::int64_t id);

    std::filesystem::path file() const { return options_.folder / "archive.db"; }
    // Whether that file is still the one that is open.
    DatabaseWatch& watch() noexcept { return watch_; }

  private:
    struct Writer;
    struct Reader;

    std::unique_ptr<Reader> take_reader();
    void give_back(std::unique_ptr<Reader> reader);
    Writer& writer();  // with writing_ locked

    DocumentsOptions options_;
    DatabaseWatch watch_;
    std::mutex writing_;
    std::unique_ptr<Writer> writer_;
    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<Reader>> idle_readers_;
    bool open_ = false;  // guarded by readers_mutex_
};

}  // namespace archive
