#include <archive/documents.hpp>

#include "temporary_folder.hpp"

#include <troika/base/error.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <random>
#include <string>
#include <vector>

using archive::Document;
using archive::DocumentInfo;
using archive::Documents;
using archive::DocumentsOptions;
using troika::testing::TemporaryFolder;

namespace {

constexpr std::int64_t kFirstPage = std::numeric_limits<std::int64_t>::max();

struct Store {
    TemporaryFolder folder;
    Documents documents{DocumentsOptions{.folder = folder.path() / "store"}};
    Store() { documents.start(); }
};

std::string random_bytes(std::size_t size) {
    std::mt19937_64 random(size);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

}  // namespace

TEST_CASE("a document comes back as it was stored, whatever its bytes") {
    Store store;
    const std::string content = GENERATE(as<std::string>(), "", std::string(1, '\0'),
                                         std::string("a\0b\xff\xfe\r\n", 7), "plain text");
    const DocumentInfo info = store.documents.add("text/x; a=\"b\"", content);
    const std::optional<Document> found = store.documents.find(info.id);
    REQUIRE(found);
    CHECK(found->content == content);
    CHECK(found->info.id == info.id);
    CHECK(found->info.content_type == "text/x; a=\"b\"");
    CHECK(found->info.size == static_cast<std::int64_t>(content.size()));
    CHECK(found->info.created == info.created);
    CHECK(info.created.size() == std::string("2026-01-31T12:00:00.000Z").size());
    CHECK(info.created.back() == 'Z');
}

TEST_CASE("a document of 64 MiB comes back byte for byte", "[slow]") {
    Store store;
    const std::string content = random_bytes(std::size_t{64} << 20);
    const DocumentInfo info = store.documents.add("application/octet-stream", content);
    const std::optional<Document> found = store.documents.find(info.id);
    REQUIRE(found);
    CHECK((found->content == content));
}

TEST_CASE("documents are listed newest first, page after page, each once") {
    Store store;
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 25; ++i)
        ids.push_back(store.documents.add("text/plain", std::string(i, 'x')).id);
    std::vector<std::int64_t> seen;
    std::int64_t before = kFirstPage;
    for (;;) {
        const std::vector<DocumentInfo> page = store.documents.newest(10, before);
        if (page.empty()) break;
        for (const DocumentInfo& info : page) seen.push_back(info.id);
        before = page.back().id;
    }
    CHECK(seen == std::vector<std::int64_t>(ids.rbegin(), ids.rend()));
}

TEST_CASE("an empty archive lists nothing and finds nothing") {
    Store store;
    CHECK(store.documents.newest(10, kFirstPage).empty());
    CHECK_FALSE(store.documents.find(1));
    CHECK_FALSE(store.documents.remove(1));
}

TEST_CASE("a removed document is gone and its id is never given again") {
    Store store;
    const std::int64_t first = store.documents.add("text/plain", "one").id;
    const std::int64_t second = store.documents.add("text/plain", "two").id;
    CHECK(second > first);
    CHECK(store.documents.remove(second));
    CHECK_FALSE(store.documents.remove(second));
    CHECK_FALSE(store.documents.find(second));
    CHECK(store.documents.find(first));
    CHECK(store.documents.add("text/plain", "three").id > second);
}

TEST_CASE("an archive that is closed and opened again has kept everything") {
    const TemporaryFolder folder;
    std::int64_t id = 0;
    {
        Documents documents{DocumentsOptions{.folder = folder.path()}};
        documents.start();
        id = documents.add("text/plain", "kept").id;
        documents.stop();
        documents.stop();
        CHECK_THROWS_AS(documents.find(id), troika::Stopped);
        CHECK_THROWS_AS(documents.add("text/plain", "late"), troika::Stopped);
        CHECK_FALSE(std::filesystem::exists(folder.path() / "archive.db-wal"));
    }
    Documents documents{DocumentsOptions{.folder = folder.path()}};
    documents.start();
    const std::optional<Document> found = documents.find(id);
    REQUIRE(found);
    CHECK(found->content == "kept");
}
