#include "archive.hpp"

#include "document_routes.hpp"
#include "documents.hpp"
#include "settings.hpp"

#include <troika/app/app.hpp>
#include <troika/async/sleep.hpp>
#include <troika/base/error.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/workers/to_thread.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace archive {

using troika::on_loop;
using troika::on_process;
using troika::on_thread;
using troika::Request;
using troika::Response;

namespace {

constexpr std::size_t kLongestDocument = 900'000'000;  // SQLite takes rows of 10^9 bytes
constexpr std::size_t kLeastDatabase = 64 << 10;       // bytes: the tables and a little
constexpr std::chrono::seconds kBetweenLooks{1};  // at the database file, while nobody asks for it

// Writers of their own: SQLite takes one at a time, and one that waits (for the disk, or for another
// program's lock) must keep nobody from reading. The queue of the pool is where the others wait.
constexpr const char* kWriter = "archive.writer";

Response ping(const Request&) { return Response::literal("pong\n"); }

// So that a service without traffic, too, says in log and readiness that its database is lost.
troika::Task<> watch_database(DatabaseWatch& watch) {
    for (;;) {
        co_await troika::sleep_for(kBetweenLooks);
        try {
            auto look = [&watch] { watch.check(); };
            co_await troika::to_thread(look);
        } catch (const DatabaseLost&) {
            continue;  // it is in the log
        } catch (const troika::Overloaded&) {
            continue;  // the many requests that wait look as well
        }
    }
}

std::string words(troika::data::ByteSize size) { return size.to_text(); }

void watch_routes(troika::Metrics& metrics, const DocumentRoutes& routes) {
    using troika::MetricKind;
    const LoadBudget& budget = routes.budget();
    metrics.watch(MetricKind::counter, "archive_listed_documents_total",
                  "Documents that GET /documents/all told of.", {},
                  [&routes] { return static_cast<double>(routes.listed()); });
    metrics.watch(MetricKind::gauge, "archive_loaded_bytes", "Documents in memory, in bytes.", {},
                  [&budget] { return static_cast<double>(budget.held()); });
    metrics.watch(MetricKind::gauge, "archive_load_waiting",
                  "Documents that wait for room in memory.", {},
                  [&budget] { return static_cast<double>(budget.waiting()); });
}

// What could serve nobody is refused before the start, and not at the first document.
void add_bounds(troika::config::Settings& config, const Settings& settings) {
    using Broken = std::optional<std::string>;
    config.rule("archive.folder", [&settings]() -> Broken {
        if (!settings.folder.empty()) return std::nullopt;
        return "expected a folder, found an empty name";
    });
    config.rule("archive.max_document", [&settings]() -> Broken {
        const std::size_t found = settings.max_document;
        if (found >= 1 && found <= kLongestDocument) return std::nullopt;
        return "expected 1 to " + words(kLongestDocument) + ", found " + words(found);
    });
    config.rule("archive.max_database", [&settings]() -> Broken {
        const std::size_t found = settings.max_database;
        if (found == 0 || found >= kLeastDatabase) return std::nullopt;
        return "expected at least " + words(kLeastDatabase) +
               ", or 0 for as far as the disk goes, found " + words(found);
    });
    config.rule("archive.max_loaded", [&settings]() -> Broken {
        if (settings.max_loaded >= settings.max_document) return std::nullopt;
        return "expected at least archive.max_document (" + words(settings.max_document) +
               "), because no longer document could be sent, found " + words(settings.max_loaded);
    });
}

}  // namespace

void configure(troika::App& app) {
    const auto& settings = app.settings<Settings>(
        "archive",
        {{"folder", "where archive.db lies; made when it is missing"},
         {"max_document", "longest document, and longest body of POST /digest (413)"},
         {"max_database", "longest archive.db (507); 0: as far as the disk goes"},
         {"max_loaded", "documents in memory at once, to be sent or computed about; others wait"}});
    add_bounds(app.config(), settings);
    auto& documents = app.make<Documents>(
        DocumentsOptions{.folder = settings.folder, .max_database = settings.max_database});
    app.background("archive.watch", [&documents] { return watch_database(documents.watch()); });
    app.readiness([&documents] { return documents.watch().lost(); });
    auto& routes =
        app.make<DocumentRoutes>(documents, LoadBudgetOptions{.max_bytes = settings.max_loaded});
    watch_routes(app.metrics(), routes);
    app.thread_pool(kWriter, {.threads = 1});
    troika::RouteOptions large_body;
    large_body.max_body = settings.max_document;
    troika::RouteOptions adds = large_body;
    adds.pool = kWriter;
    troika::RouteOptions removes;
    removes.pool = kWriter;

    app.get("/ping", on_loop(ping));
    app.post("/documents", on_thread(routes, &DocumentRoutes::add), adds);
    app.get("/documents", on_thread(routes, &DocumentRoutes::list));
    app.get("/documents/all", on_loop(routes, &DocumentRoutes::list_all));
    app.get("/documents/{id}", on_loop(routes, &DocumentRoutes::show));
    app.del("/documents/{id}", on_thread(routes, &DocumentRoutes::remove), removes);
    app.get("/documents/{id}/digest", on_loop(routes, &DocumentRoutes::digest));
    app.get("/documents/{id}/statistics", on_loop(routes, &DocumentRoutes::statistics));
    app.post("/digest", on_process(digest_body), large_body);
}

}  // namespace archive
