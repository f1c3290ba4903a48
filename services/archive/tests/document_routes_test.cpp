#include <archive/document_routes.hpp>
#include <archive/sqlite/connection.hpp>

#include "json.hpp"
#include "temporary_folder.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/workers/thread_pool.hpp>

#include <catch2/catch.hpp>

#include <string>

using archive::DocumentRoutes;
using archive::Documents;
using archive::DocumentsOptions;
using Catch::Contains;
using nlohmann::json;
using troika::HttpError;
using troika::Request;
using troika::Response;
using troika::Status;
using troika::http::Method;
using troika::testing::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

struct DocumentRoutesFixture {
    TemporaryFolder folder;
    Documents documents{
        DocumentsOptions{.folder = folder.path(), .max_database = 1 << 20, .busy_timeout = 10ms}};
    DocumentRoutes routes{documents, {.max_bytes = 1 << 20}};
    troika::EventLoop loop;
    troika::ThreadPool threads{loop, {.threads = 1}};
    DocumentRoutesFixture() {
        documents.start();
        loop.offer(&threads);
    }
    ~DocumentRoutesFixture() {
        loop.run(stop(threads));
        loop.offer<troika::ThreadPool>(nullptr);
    }

    static troika::Task<> stop(troika::ThreadPool& pool) {
        co_await pool.stop(troika::workers::StopMode::drain, 20s);
    }
    Response show(Request& request) { return loop.run(routes.show(request)); }

    Response add(const std::string& type, std::string_view content) {
        Request request(Method::post, "/documents");
        if (!type.empty()) request.headers().set("Content-Type", type);
        request.body() = troika::http::RequestBody(troika::Bytes(content));
        return routes.add(request);
    }
    void store(const std::string& type, std::string_view content) {
        REQUIRE(add(type, content).status() == Status::created);
    }
    json list(const std::string& target) {
        Request request(Method::get, target);
        return troika::testing::json_of(routes.list(request).body_view());
    }
    Request about(std::string_view id) {
        Request request(Method::get, "/documents/x");
        request.parameters().add("id", id);
        return request;
    }
};

template <typename F>
HttpError thrown_by(F call) {
    try {
        (void)call();
    } catch (const HttpError& error) {
        return error;
    }
    return {Status::ok, "no error"};
}

}  // namespace

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "a stored document is answered with its place, id and size") {
    const Response response = add("text/plain", "twelve bytes");
    CHECK(response.status() == Status::created);
    const json body = troika::testing::json_of(response.body_view());
    CHECK(response.headers().get("Location") ==
          "/documents/" + std::to_string(body["id"].get<int>()));
    CHECK(body["size"] == 12);
    CHECK(body["content_type"] == "text/plain");
    CHECK(body["created"].is_string());
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "a document is shown with its content type and kept from running") {
    store("text/html; charset=utf-8", "<b>bold</b>");
    Request request = about("1");
    const Response response = show(request);
    CHECK(response.body_view() == "<b>bold</b>");
    CHECK(response.headers().get("Content-Type") == "text/html; charset=utf-8");
    CHECK(response.headers().get("X-Content-Type-Options") == "nosniff");
    CHECK(response.headers().get("Content-Security-Policy") == "sandbox");
}

TEST_CASE_METHOD(DocumentRoutesFixture, "a document without a content type is a row of bytes") {
    store("", "x");
    Request request = about("1");
    CHECK(show(request).headers().get("Content-Type") == "application/octet-stream");
}

TEST_CASE_METHOD(DocumentRoutesFixture, "a content type that cannot be shown as text is a 400") {
    const std::string type = GENERATE(std::string("text/\xff"), std::string(256, 't'));
    const HttpError error = thrown_by([&] { return add(type, "x"); });
    CHECK(error.status() == Status::bad_request);
    CHECK_THAT(error.what(), Contains("Content-Type"));
    CHECK(list("/documents")["documents"].empty());
}

TEST_CASE_METHOD(DocumentRoutesFixture, "two content types are a 400 that names them") {
    Request request(Method::post, "/documents");
    request.headers().add("Content-Type", "text/plain");
    request.headers().add("content-type", "text/html");
    const HttpError error = thrown_by([&] { return routes.add(request); });
    CHECK(error.status() == Status::bad_request);
    CHECK_THAT(error.what(), Contains("Content-Type is given twice"));
    CHECK(list("/documents")["documents"].empty());
}

TEST_CASE_METHOD(DocumentRoutesFixture, "following next shows every document once, newest first") {
    for (int i = 1; i <= 45; ++i) store("text/plain", std::to_string(i));
    std::vector<int> ids;
    std::string target = "/documents";
    int pages = 0;
    while (!target.empty()) {
        ++pages;
        const json page = list(target);
        for (const json& document : page["documents"]) ids.push_back(document["id"]);
        target = page.value("next", "");
    }
    CHECK(pages == 3);
    REQUIRE(ids.size() == 45);
    for (int i = 0; i < 45; ++i) CHECK(ids[static_cast<std::size_t>(i)] == 45 - i);
}

TEST_CASE_METHOD(DocumentRoutesFixture, "a full last page has no next") {
    for (int i = 0; i < 4; ++i) store("text/plain", "x");
    CHECK_FALSE(list("/documents?limit=4").contains("next"));
    CHECK(list("/documents?limit=3")["next"] == "/documents?limit=3&before=2");
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "a limit that is none is a 400 that names what is possible") {
    const std::string limit = GENERATE(as<std::string>(), "0", "101", "-1", "x", "", "99999999999");
    const HttpError error = thrown_by([&] { return list("/documents?limit=" + limit); });
    CHECK(error.status() == Status::bad_request);
    CHECK_THAT(error.what(), Contains("limit"));
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "what is not there is a 404 that names it, removed or never stored") {
    store("text/plain", "x");
    Request request = about("1");
    CHECK(routes.remove(request).status() == Status::no_content);
    for (const HttpError& error : {thrown_by([&] { return show(request); }),
                                   thrown_by([&] { return routes.remove(request); })}) {
        CHECK(error.status() == Status::not_found);
        CHECK_THAT(error.what(), Contains("no document 1"));
    }
}

TEST_CASE_METHOD(DocumentRoutesFixture, "an id that is no number is a 400") {
    Request request = about("one");
    CHECK(thrown_by([&] { return show(request); }).status() == Status::bad_request);
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "a full archive is a 507 and keeps nothing of the document") {
    const HttpError error =
        thrown_by([&] { return add("text/plain", std::string(2'000'000, 'x')); });
    CHECK(error.status() == Status::insufficient_storage);
    CHECK(error.type() == "archive-full");
    CHECK_THAT(error.what(), Contains("archive.max_database"));
    CHECK(list("/documents")["documents"].empty());
    CHECK(add("text/plain", "small").status() == Status::created);
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "an archive that another program has locked is a 503 to try again") {
    archive::sqlite::Connection other(documents.file(), 1s);
    other.execute("BEGIN IMMEDIATE");
    const HttpError error = thrown_by([&] { return add("text/plain", "x"); });
    CHECK(error.status() == Status::service_unavailable);
    CHECK(error.headers().get("Retry-After") == "1");
}

TEST_CASE_METHOD(DocumentRoutesFixture,
                 "an unknown digest algorithm is a 400 that names the known ones") {
    Request request(Method::post, "/digest?algorithm=md5");
    const HttpError error = thrown_by([&] { return archive::digest_body(request); });
    CHECK(error.status() == Status::bad_request);
    CHECK_THAT(error.what(), Contains("'md5'") && Contains("sha256, sha512"));
}

TEST_CASE_METHOD(DocumentRoutesFixture, "a body is digested by sha256 unless told otherwise") {
    Request request(Method::post, "/digest");
    request.body() = troika::http::RequestBody(troika::Bytes("abc"));
    const json body = troika::testing::json_of(archive::digest_body(request).body_view());
    CHECK(body["algorithm"] == "sha256");
    CHECK(body["size"] == 3);
    CHECK(body["digest"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
