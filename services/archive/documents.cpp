#include "documents.hpp"

#include "database_file.hpp"
#include "sqlite/connection.hpp"

#include <troika/base/check.hpp>
#include <troika/base/error.hpp>

#include <utility>

namespace archive {

using sqlite::Blob;
using sqlite::Connection;
using sqlite::Rows;
using sqlite::Statement;

namespace {

DocumentInfo info_of(const Rows& rows) {
    return {.id = rows.integer(0),
            .content_type = std::string(rows.text(1)),
            .size = rows.integer(2),
            .created = std::string(rows.text(3))};
}

[[noreturn]] void throw_closed() { throw troika::Stopped("the archive is closed"); }

}  // namespace

struct Documents::Writer {
    explicit Writer(Connection opened) : connection(std::move(opened)) {}

    Connection connection;
    Statement insert = connection.prepare(
        "INSERT INTO documents (content_type, size, created, content) "
        "VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?3) "
        "RETURNING id, content_type, size, created");
    Statement erase = connection.prepare("DELETE FROM documents WHERE id = ?1");
};

struct Documents::Reader {
    explicit Reader(Connection opened) : connection(std::move(opened)) {}

    Connection connection;
    Statement find =
        connection.prepare("SELECT id, content_type, size, created FROM documents WHERE id = ?1");
    Statement newest = connection.prepare(
        "SELECT id, content_type, size, created FROM documents WHERE id < ?1 "
        "ORDER BY id DESC LIMIT ?2");
};

Documents::Documents(DocumentsOptions options) : options_(std::move(options)), watch_(file()) {}
Documents::~Documents() = default;

void Documents::start() {
    const std::scoped_lock lock(writing_, readers_mutex_);
    TROIKA_CHECK(!open_, "Documents::start() twice");
    const DatabaseFile database(file(), options_.busy_timeout);
    writer_ = std::make_unique<Writer>(database.open_for_writing(options_.max_database));
    watch_.begin();
    open_ = true;
}

void Documents::stop() {
    const std::scoped_lock lock(writing_, readers_mutex_);
    open_ = false;
    watch_.end();
    idle_readers_.clear();
    writer_.reset();
}

Documents::Writer& Documents::writer() {
    if (!writer_) throw_closed();
    return *writer_;
}

DocumentInfo Documents::add(std::string_view content_type, std::string_view content) {
    const std::lock_guard lock(writing_);
    Writer& writing = writer();
    watch_.check();
    Rows rows =
        writing.insert.run(content_type, static_cast<std::int64_t>(content.size()), Blob{content});
    TROIKA_CHECK(rows.next(), "INSERT ... RETURNING gives one row");
    DocumentInfo info = info_of(rows);
    rows.finish();
    watch_.check();  // else it went to a file that nobody will find
    return info;
}

bool Documents::remove(std::int64_t id) {
    const std::lock_guard lock(writing_);
    Writer& writing = writer();
    watch_.check();
    writing.erase.run(id).finish();
    const bool removed = writing.connection.changes() > 0;
    watch_.check();
    return removed;
}

std::optional<Document> Documents::find(std::int64_t id, std::size_t longest) {
    std::unique_ptr<Reader> reader = take_reader();
    std::optional<Document> document;
    {
        // The open row holds the snapshot, so that the content is there when the row is.
        Rows rows = reader->find.run(id);
        if (rows.next()) {
            document.emplace(Document{info_of(rows), {}});
            if (static_cast<std::size_t>(document->info.size) <= longest)
                document->content = reader->connection.read_blob("documents", "content", id);
        }
    }
    give_back(std::move(reader));
    return document;
}

std::vector<DocumentInfo> Documents::newest(std::size_t count, std::int64_t before) {
    std::unique_ptr<Reader> reader = take_reader();
    std::vector<DocumentInfo> found;
    {
        Rows rows = reader->newest.run(before, static_cast<std::int64_t>(count));
        while (rows.next()) found.push_back(info_of(rows));
    }
    give_back(std::move(reader));
    return found;
}

std::unique_ptr<Documents::Reader> Documents::take_reader() {
    watch_.check();
    {
        const std::lock_guard lock(readers_mutex_);
        if (!open_) throw_closed();
        if (!idle_readers_.empty()) {
            std::unique_ptr<Reader> reader = std::move(idle_readers_.back());
            idle_readers_.pop_back();
            return reader;
        }
    }
    const DatabaseFile database(file(), options_.busy_timeout);
    auto reader = std::make_unique<Reader>(database.open_for_reading());
    watch_.check();
    return reader;
}

// A reader that threw is not given back: the next one begins with a fresh connection.
void Documents::give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(readers_mutex_);
    if (open_) idle_readers_.push_back(std::move(reader));
}

}  // namespace archive
