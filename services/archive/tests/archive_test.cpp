#include <archive/archive.hpp>

#include "json.hpp"
#include "temporary_folder.hpp"

#include <troika/base/error.hpp>
#include <troika/testing/client.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using Catch::Contains;
using nlohmann::json;
using troika::testing::TemporaryFolder;
using troika::testing::TestClient;
using troika::testing::TestResponse;

namespace {

constexpr const char* kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kSha512OfAbc =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

struct ArchiveFixture {
    TemporaryFolder folder;
    TestClient client{archive::configure,
                      {"--log.level", "critical", "--archive.folder", folder.path() / "data",
                       "--archive.max_document", "1MB", "--archive.max_database", "3MB"}};

    std::string store(const std::string& content, std::string_view type = "text/plain") {
        const TestResponse response = client.post("/documents", content, {{"Content-Type", type}});
        REQUIRE(response.code() == 201);
        return response.header("Location");
    }
};

std::string detail_of(const TestResponse& response) { return response.json()["detail"]; }

}  // namespace

TEST_CASE_METHOD(ArchiveFixture, "ping is answered by pong") {
    CHECK(client.get("/ping").text() == "pong\n");
}

TEST_CASE_METHOD(ArchiveFixture, "a document goes in, comes out, is listed and goes") {
    const std::string content("a\0b\xff\n", 5);
    const TestResponse stored =
        client.post("/documents", content, {{"Content-Type", "application/x-thing"}});
    CHECK(stored.code() == 201);
    CHECK(stored.header("Content-Type") == "application/json");
    CHECK(stored.json()["size"] == 5);
    const std::string location = stored.header("Location");
    CHECK(location == "/documents/" + stored.json()["id"].dump());

    const TestResponse shown = client.get(location);
    CHECK(shown.code() == 200);
    CHECK(shown.text() == content);
    CHECK(shown.header("Content-Type") == "application/x-thing");

    const json page = client.get("/documents").json();
    REQUIRE(page["documents"].size() == 1);
    CHECK(page["documents"][0] == stored.json());
    CHECK_FALSE(page.contains("next"));

    CHECK(client.del(location).code() == 204);
    CHECK(client.get(location).code() == 404);
    CHECK(client.del(location).code() == 404);
    CHECK(client.get("/documents").json()["documents"].empty());
}

TEST_CASE_METHOD(ArchiveFixture, "pages are followed by their next link") {
    for (int i = 0; i < 5; ++i) store(std::to_string(i));
    const json first = client.get("/documents?limit=3").json();
    CHECK(first["documents"].size() == 3);
    const json second = client.get(first["next"].get<std::string>()).json();
    CHECK(second["documents"].size() == 2);
    CHECK_FALSE(second.contains("next"));
}

TEST_CASE_METHOD(ArchiveFixture,
                 "all documents come one a line, newest first, or those before an id") {
    CHECK(client.get("/documents/all").text().empty());
    for (int i = 0; i < 3; ++i) store(std::to_string(i));
    const TestResponse all = client.get("/documents/all");
    CHECK(all.header("Content-Type") == "application/x-ndjson");
    const json page = client.get("/documents").json();
    REQUIRE(page["documents"].size() == 3);
    std::string lines;
    for (const json& info : page["documents"]) {
        CHECK(info["size"] == 1);
        const std::string line = all.text().substr(lines.size());
        CHECK(troika::testing::json_of(line.substr(0, line.find('\n'))) == info);
        lines += line.substr(0, line.find('\n') + 1);
    }
    CHECK(lines == all.text());
    const std::string before = client.get("/documents/all?before=2").text();
    CHECK(troika::testing::json_of(before)["id"] == 1);
    CHECK(client.get("/documents/all?before=0").code() == 400);
    CHECK_THAT(detail_of(client.get("/documents/all?limit=3")), Contains("'limit' is unknown"));
}

TEST_CASE_METHOD(ArchiveFixture,
                 "a lost database is told of by a status also where a list would stream") {
    store("kept");
    std::filesystem::remove(folder.path() / "data" / "archive.db");
    CHECK(client.get("/documents/all").code() == 503);
}

TEST_CASE_METHOD(ArchiveFixture, "a stored document and a body have the same digest") {
    const std::string location = store("abc");
    const TestResponse stored = client.get(location + "/digest");
    CHECK(stored.code() == 200);
    CHECK(stored.json() == json{{"algorithm", "sha256"}, {"digest", kSha256OfAbc}, {"size", 3}});
    CHECK(client.get(location + "/digest?algorithm=sha512").json()["digest"] == kSha512OfAbc);
    CHECK(client.post("/digest", "abc").text() == stored.text());
    CHECK(client.post("/digest?algorithm=sha512", "abc").json()["digest"] == kSha512OfAbc);
}

TEST_CASE_METHOD(ArchiveFixture, "an empty document has a digest and statistics") {
    const std::string location = store("");
    CHECK(client.get(location).text().empty());
    CHECK(client.get(location + "/digest").json()["digest"] ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(client.get(location + "/statistics").json()["words"] == 0);
}

TEST_CASE_METHOD(ArchiveFixture, "statistics of a stored document come from a worker, in words") {
    const std::string location = store("The cat\nthe dog, THE \xc3\x89t\xc3\xa9\n\xff");
    CHECK(client.get(location + "/statistics").json() == troika::testing::json_of(R"({
        "lines": 2, "words": 6, "distinct_words": 4, "invalid_bytes": 1,
        "frequent_words": [{"word": "the", "count": 3}, {"word": "cat", "count": 1},
                           {"word": "dog", "count": 1}, {"word": "été", "count": 1}]})"));
}

TEST_CASE_METHOD(ArchiveFixture,
                 "an unknown algorithm is a 400 that names the known ones, everywhere") {
    const std::string location = store("abc");
    for (const TestResponse& response : {client.get(location + "/digest?algorithm=md5"),
                                         client.post("/digest?algorithm=md5", "")}) {
        CHECK(response.code() == 400);
        CHECK(response.header("Content-Type") == "application/problem+json");
        CHECK_THAT(detail_of(response), Contains("'md5'") && Contains("sha256, sha512"));
    }
}

TEST_CASE_METHOD(ArchiveFixture, "what is not there is a 404 for every route of a document") {
    const std::string route = GENERATE(as<std::string>(), "", "/digest", "/statistics");
    const TestResponse response = client.get("/documents/17" + route);
    CHECK(response.code() == 404);
    CHECK_THAT(detail_of(response), Contains("no document 17"));
}

TEST_CASE_METHOD(ArchiveFixture, "bad values are a 400") {
    const std::string target =
        GENERATE(as<std::string>(), "/documents/one", "/documents?limit=0", "/documents?limit=101",
                 "/documents?limit=many", "/documents?before=x", "/documents/x/digest");
    CHECK(client.get(target).code() == 400);
}

TEST_CASE_METHOD(ArchiveFixture, "a NUL in a request does not cut off what is said of it") {
    CHECK_THAT(detail_of(client.get("/documents?%00x=1")), Contains("known: limit, before"));
    CHECK(client.post("/documents", "x").code() == 201);
    CHECK_THAT(detail_of(client.get("/documents/1/digest?algorithm=a%00b")),
               Contains("known: sha256, sha512"));
}

TEST_CASE_METHOD(ArchiveFixture, "the longest document is taken and a longer one is a 413") {
    CHECK(client.post("/documents", std::string(1'000'000, 'x')).code() == 201);
    CHECK(client.post("/documents", std::string(1'000'001, 'x')).code() == 413);
    CHECK(client.post("/digest", std::string(1'000'001, 'x')).code() == 413);
}

TEST_CASE_METHOD(ArchiveFixture,
                 "a full archive is a 507, and removing a document makes room again") {
    std::vector<std::string> locations;
    TestResponse last = client.post("/documents", std::string(900'000, 'x'));
    for (int i = 0; i < 5 && last.code() == 201; ++i) {
        locations.push_back(last.header("Location"));
        last = client.post("/documents", std::string(900'000, 'x'));
    }
    CHECK(last.code() == 507);
    CHECK(last.header("Content-Type") == "application/problem+json");
    CHECK_THAT(detail_of(last), Contains("nothing was changed"));
    CHECK(client.get("/documents").json()["documents"].size() == locations.size());
    CHECK(client.del(locations.front()).code() == 204);
    CHECK(client.post("/documents", std::string(900'000, 'x')).code() == 201);
}

TEST_CASE("documents outlive the service") {
    const TemporaryFolder folder;
    const std::vector<std::string> arguments{"--log.level", "critical", "--archive.folder",
                                             folder.path()};
    {
        TestClient client(archive::configure, arguments);
        REQUIRE(client.post("/documents", "kept").code() == 201);
    }
    TestClient client(archive::configure, arguments);
    CHECK(client.get("/documents/1").text() == "kept");
}

TEST_CASE("a folder that cannot be made stops the start with a text that names it") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "file") << "in the way";
    const std::string inside = folder.path() / "file/data";
    CHECK_THROWS_WITH(
        TestClient(archive::configure, {"--log.level", "critical", "--archive.folder", inside}),
        Contains(inside) && Contains("archive.folder"));
}

TEST_CASE("settings that could serve nobody stop the start with a text that names them") {
    using Setting = std::pair<std::string, std::string>;
    const TemporaryFolder folder;
    const Setting wrong =
        GENERATE(Setting("archive.max_document", "0"), Setting("archive.max_document", "1GB"),
                 Setting("archive.max_database", "1"), Setting("archive.max_loaded", "63MiB"));
    const std::vector<std::string> arguments{"--log.level", "critical",         "--archive.folder",
                                             folder.path(), "--" + wrong.first, wrong.second};
    CHECK_THROWS_WITH(TestClient(archive::configure, arguments),
                      Contains(wrong.first) && Contains("expected"));
}

TEST_CASE("an archive without the name of a folder is not started") {
    CHECK_THROWS_WITH(
        TestClient(archive::configure, {"--log.level", "critical", "--archive.folder", ""}),
        Contains("archive.folder") && Contains("expected a folder"));
}

TEST_CASE("64 MiB are stored, digested in both ways, and come back", "[slow]") {
    const TemporaryFolder folder;
    TestClient client(archive::configure,
                      {"--log.level", "critical", "--archive.folder", folder.path()});
    std::string content(std::size_t{64} << 20, '\0');
    for (std::size_t at = 0; at < content.size(); ++at)
        content[at] = static_cast<char>(at * 2654435761U >> 13);
    const std::string location = client.post("/documents", content).header("Location");
    REQUIRE(location == "/documents/1");
    CHECK((client.get(location).text() == content));
    const TestResponse of_body = client.post("/digest", content);
    CHECK(of_body.code() == 200);
    CHECK(client.get(location + "/digest").text() == of_body.text());
    CHECK(of_body.json()["size"] == content.size());
}
