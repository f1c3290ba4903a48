#include "temporary_folder.hpp"

#include <troika/http/message/file_response.hpp>
#include <troika/http/message/http_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace troika;
using namespace troika::http;

namespace {

struct FileResponseFixture {
    Request asking(const char* name = "x", const std::string& value = "x",
                   Method method = Method::get) const {
        Request request(method, "/");
        request.headers().add(name, value);
        return request;
    }
    Response answer(const Request& request) const {
        return file_response(request, path, "text/csv");
    }
    static const FileRange& range(const Response& response) {
        return std::get<FileRange>(response.body());
    }

    testing::TemporaryFolder folder;
    std::string path = folder.write("data.csv", "0123456789");
};

Status refused(const std::string& path) {
    try {
        (void)file_response(Request(Method::get, "/"), path, "text/plain");
    } catch (const HttpError& error) {
        return error.status();
    }
    return Status::ok;
}

}  // namespace

TEST_CASE_METHOD(FileResponseFixture,
                 "a file is answered whole, with what a client needs to ask again") {
    const Response response = answer(asking());
    CHECK(response.status() == Status::ok);
    CHECK(range(response).offset == 0);
    CHECK(range(response).length == 10);
    CHECK(response.headers().get("accept-ranges") == "bytes");
    CHECK(response.headers().get("content-type") == "text/csv");
    REQUIRE(response.headers().contains("last-modified"));
    const std::string etag(*response.headers().get("etag"));
    CHECK(answer(asking("If-None-Match", etag)).status() == Status::not_modified);
    CHECK(answer(asking("If-None-Match", "\"other\"")).status() == Status::ok);
}

TEST_CASE_METHOD(FileResponseFixture, "the tag changes with the file") {
    const std::string before(*answer(asking()).headers().get("etag"));
    folder.write("data.csv", "0123456789+");
    CHECK(answer(asking()).headers().get("etag") != before);
}

TEST_CASE_METHOD(FileResponseFixture,
                 "the tag of a file just written is weak: parts are not joined by it") {
    const auto joined = [&](std::string_view tag) {
        Request request = asking("Range", "bytes=5-");
        request.headers().add("If-Range", tag);
        return answer(request).status() == Status::partial_content;
    };
    const timespec later{
        std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) + 60, 0};
    const timespec young[2]{later, later};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), young, 0) == 0);
    const std::string weak(*answer(asking()).headers().get("etag"));
    CHECK(weak.starts_with("W/\""));
    CHECK_FALSE(joined(weak));
    CHECK(answer(asking("If-None-Match", weak)).status() == Status::not_modified);
    const timespec old[2]{{1'000'000'000, 0}, {1'000'000'000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
    const std::string strong(*answer(asking()).headers().get("etag"));
    CHECK(strong.starts_with('"'));
    CHECK(joined(strong));
    CHECK_FALSE(joined("W/" + strong));
    CHECK_FALSE(joined(*answer(asking()).headers().get("last-modified")));
}

TEST_CASE_METHOD(FileResponseFixture, "a part is 206 and says which") {
    const Response part = answer(asking("Range", "bytes=2-4"));
    CHECK(part.status() == Status::partial_content);
    CHECK(part.headers().get("content-range") == "bytes 2-4/10");
    CHECK(range(part).offset == 2);
    CHECK(range(part).length == 3);
    try {
        (void)answer(asking("Range", "bytes=10-"));
        FAIL("no 416");
    } catch (const HttpError& error) {
        CHECK(error.status() == Status::range_not_satisfiable);
        CHECK(error.headers().get("content-range") == "bytes */10");
    }
}

TEST_CASE_METHOD(FileResponseFixture, "what is no readable file is 404, without a word about why") {
    CHECK(refused(folder.file("nothing")) == Status::not_found);
    CHECK(refused(folder.path()) == Status::not_found);
    CHECK(refused(path + "/below") == Status::not_found);
    CHECK(refused(folder.file(std::string(5000, 'x'))) == Status::not_found);
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    CHECK(refused(folder.file("pipe")) == Status::not_found);
}
