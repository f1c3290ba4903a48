#include "archive.hpp"

#include "document_routes.hpp"
#include "documents.hpp"
#include "settings.hpp"

#include <troika/app/app.hpp>

namespace archive {

using troika::on_loop;
using troika::on_process;
using troika::on_thread;
using troika::Request;
using troika::Response;

namespace {

Response ping(const Request&) { return Response::literal("pong\n"); }

}  // namespace

void configure(troika::App& app) {
    const auto& settings = app.settings<Settings>(
        "archive", {{"folder", "where archive.db lies; made when it is missing"},
                    {"max_document", "longest document, and longest body of POST /digest (413)"},
                    {"max_database", "longest archive.db (507); 0: as far as the disk goes"}});
    auto& documents = app.make<Documents>(
        DocumentsOptions{.folder = settings.folder, .max_database = settings.max_database});
    auto& routes = app.make<DocumentRoutes>(documents);
    troika::RouteOptions large_body;
    large_body.max_body = settings.max_document;

    app.get("/ping", on_loop(ping));
    app.post("/documents", on_thread(routes, &DocumentRoutes::add), large_body);
    app.get("/documents", on_thread(routes, &DocumentRoutes::list));
    app.get("/documents/{id}", on_thread(routes, &DocumentRoutes::show));
    app.del("/documents/{id}", on_thread(routes, &DocumentRoutes::remove));
    app.get("/documents/{id}/digest", on_loop(routes, &DocumentRoutes::digest));
    app.get("/documents/{id}/statistics", on_loop(routes, &DocumentRoutes::statistics));
    app.post("/digest", on_process(digest_body), large_body);
}

}  // namespace archive
