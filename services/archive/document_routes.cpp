#include "document_routes.hpp"

#include "jobs.hpp"
#include "query.hpp"
#include "sqlite/sqlite_error.hpp"

#include <troika/data/json.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/message/ndjson.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/to_process.hpp>
#include <troika/workers/to_thread.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

namespace archive {

using sqlite::SqliteError;
using troika::HttpError;
using troika::Request;
using troika::Response;
using troika::Status;
using troika::Task;

namespace {

constexpr int kDefaultLimit = 20;
constexpr int kMostLimit = 100;
constexpr std::size_t kLongestContentType = 255;
constexpr std::size_t kPage = 500;  // documents read at once for a list of all

template <typename T>
Response json(const T& value, Status status = Status::ok) {
    return Response::bytes(troika::data::to_json(value), "application/json", status);
}

std::string target_of(std::int64_t id) { return "/documents/" + std::to_string(id); }

// What the client can know and act on gets its status; all else stays an error of ours.
template <typename F>
auto stored(F call) {
    try {
        return call();
    } catch (const SqliteError& error) {
        if (error.full()) {
            troika::log::warning("the archive is full: a change was refused",
                                 {{"reason", error.what()}});
            throw HttpError(
                Status::insufficient_storage,
                "the archive is full and nothing was changed: have archive.max_database "
                "or the disk enlarged; while the disk has room, deleting documents helps")
                .with_type("archive-full");
        }
        if (error.busy())
            throw HttpError(Status::service_unavailable,
                            "another program keeps the archive locked; try again")
                .with_type("archive-locked")
                .with_header("Retry-After", "1");
        throw;
    } catch (const DatabaseLost&) {
        throw HttpError(Status::service_unavailable,
                        "the archive has lost its database; somebody has to put it back or to "
                        "restart the service")
            .with_type("archive-lost");
    }
}

// Stored to be sent again and shown in JSON, so it has to be printable.
std::string content_type_of(const Request& request) {
    if (request.headers().count("content-type") > 1)
        throw HttpError(Status::bad_request, "Content-Type is given twice");
    const std::string_view type =
        request.header("content-type").value_or("application/octet-stream");
    const bool printable =
        std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (type.empty() || type.size() > kLongestContentType || !printable)
        throw HttpError(Status::bad_request, "Content-Type must be 1 to " +
                                                 std::to_string(kLongestContentType) +
                                                 " printable ASCII characters");
    return std::string(type);
}

int limit_of(const Request& request) {
    const int limit = request.query<int>("limit").value_or(kDefaultLimit);
    if (limit < 1 || limit > kMostLimit)
        throw HttpError(Status::bad_request, "query parameter limit must be 1 to " +
                                                 std::to_string(kMostLimit) + ", not " +
                                                 std::to_string(limit));
    return limit;
}

std::int64_t before_of(const Request& request) {
    const auto before =
        request.query<std::int64_t>("before").value_or(std::numeric_limits<std::int64_t>::max());
    if (before < 1)
        throw HttpError(
            Status::bad_request,
            "query parameter before must be an id, 1 or more, not " + std::to_string(before));
    return before;
}

std::string algorithm_of(const Request& request) {
    require_known_query(request, {"algorithm"});
    std::string algorithm = request.query("algorithm").value_or("sha256");
    if (is_digest_algorithm(algorithm)) return algorithm;
    std::string known;
    for (const std::string_view name : digest_algorithms()) {
        if (!known.empty()) known += ", ";
        known += name;
    }
    throw HttpError(Status::bad_request,
                    "query parameter algorithm: '" + algorithm + "' is unknown; known: " + known);
}

HttpError no_document(std::int64_t id) {
    return {Status::not_found, "no document " + std::to_string(id)};
}

}  // namespace

Response DocumentRoutes::add(Request& request) {
    require_known_query(request, {});
    const std::string content_type = content_type_of(request);
    const std::string_view content = request.bytes();
    const DocumentInfo info = stored([&] { return documents_.add(content_type, content); });
    return json(info, Status::created).header("Location", target_of(info.id));
}

Response DocumentRoutes::list(Request& request) {
    require_known_query(request, {"limit", "before"});
    const auto limit = static_cast<std::size_t>(limit_of(request));
    const std::int64_t before = before_of(request);
    DocumentPage page;
    // One more than asked shows whether there is a next page.
    page.documents = stored([&] { return documents_.newest(limit + 1, before); });
    if (page.documents.size() > limit) {
        page.documents.resize(limit);
        page.next = "/documents?limit=" + std::to_string(limit) +
                    "&before=" + std::to_string(page.documents.back().id);
    }
    return json(page);
}

// The first page is there before the answer begins: what goes wrong with it still gets its status.
Task<Response> DocumentRoutes::list_all(Request& request) {
    require_known_query(request, {"before"});
    const std::int64_t before = before_of(request);
    Infos page = co_await page_before(before);
    co_return troika::http::ndjson(every_document(std::move(page)));
}

Task<DocumentRoutes::Infos> DocumentRoutes::page_before(std::int64_t before) {
    auto look = [this, before] { return stored([&] { return documents_.newest(kPage, before); }); };
    co_return co_await troika::to_thread(look);
}

// Pulled by whoever sends it: no page is read before the last one is with the client's socket, and no
// reader of the database is held in between.
troika::Flow<DocumentInfo> DocumentRoutes::every_document(Infos page) {
    while (!page.empty()) {
        const std::int64_t last = page.back().id;
        const bool more = page.size() == kPage;
        for (DocumentInfo& info : page) {
            ++listed_;
            co_yield std::move(info);
        }
        if (!more) co_return;
        page = co_await page_before(last);
    }
}

Response DocumentRoutes::remove(Request& request) {
    require_known_query(request, {});
    const auto id = request.parameter<std::int64_t>("id");
    const bool removed = stored([&] { return documents_.remove(id); });
    if (!removed) throw no_document(id);
    return Response::no_content();
}

Task<Response> DocumentRoutes::show(Request& request) {
    require_known_query(request, {});
    const auto id = request.parameter<std::int64_t>("id");
    Loaded loaded = co_await load(id);
    const auto owner = std::make_shared<const Loaded>(std::move(loaded));
    const Document& document = owner->document;
    // A stored page must not run as one of this service's own in a browser.
    co_return Response::shared({owner, document.content}, document.info.content_type)
        .header("X-Content-Type-Options", "nosniff")
        .header("Content-Security-Policy", "sandbox");
}

Task<Response> DocumentRoutes::digest(Request& request) {
    const auto id = request.parameter<std::int64_t>("id");
    std::string algorithm = algorithm_of(request);
    Loaded loaded = co_await load(id);
    std::string content = std::move(loaded.document.content);
    const Digest result =
        co_await troika::to_process(digest_job, std::move(algorithm), std::move(content));
    co_return json(result);
}

Task<Response> DocumentRoutes::statistics(Request& request) {
    require_known_query(request, {});
    const auto id = request.parameter<std::int64_t>("id");
    Loaded loaded = co_await load(id);
    std::string content = std::move(loaded.document.content);
    const Statistics result = co_await troika::to_process(statistics_job, std::move(content));
    co_return json(result);
}

// Most documents are small and come with the first look; of the others it tells the size.
Task<DocumentRoutes::Loaded> DocumentRoutes::load(std::int64_t id) {
    std::size_t longest = budget_.small();
    LoadBudget::Share share = co_await take_share(longest);
    auto look = [this, id, longest] { return find(id, longest); };
    Document document = co_await troika::to_thread(look);
    const auto size = static_cast<std::size_t>(document.info.size);
    if (size > longest) {
        share.release();
        share = co_await take_share(size);
        longest = size;
        auto load_all = [this, id, longest] { return find(id, longest); };
        document = co_await troika::to_thread(load_all);
    }
    co_return Loaded{std::move(share), std::move(document)};
}

Task<LoadBudget::Share> DocumentRoutes::take_share(std::size_t bytes) {
    try {
        LoadBudget::Share share = co_await budget_.take(bytes);
        co_return share;
    } catch (const troika::TimeoutError&) {
        throw HttpError(Status::service_unavailable,
                        "too many documents are being sent or computed about; try again")
            .with_type("archive-busy")
            .with_header("Retry-After", "1");
    }
}

Document DocumentRoutes::find(std::int64_t id, std::size_t longest) {
    std::optional<Document> document = stored([&] { return documents_.find(id, longest); });
    if (!document) throw no_document(id);
    return std::move(*document);
}

Response digest_body(const Request& request) {
    return json(archive::digest(algorithm_of(request), request.bytes()));
}

}  // namespace archive
