#include "test_server.hpp"

#include <troika/http/server/file_reading.hpp>

#include <fcntl.h>
#include <sys/mman.h>

#include <cstdlib>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using Catch::Matchers::Contains;

namespace {

// Every eight bytes differ from all others, so that a wrong offset shows.
std::string numbered(std::size_t size) {
    std::string text;
    text.reserve(size + 8);
    for (std::size_t i = 0; text.size() < size; ++i) {
        const std::string number = std::to_string(i);
        text.append(8 - std::min<std::size_t>(8, number.size()), '0').append(number);
    }
    text.resize(size);
    return text;
}

constexpr std::size_t kSize = 12 * 1024 * 1024;

// A regular file that has no name any more, and a server of ranges of it.
struct Fixture {
    Fixture() {
        std::string name = "/tmp/troika-files-XXXXXX";
        file.reset(::mkstemp(name.data()));
        REQUIRE(file);
        ::unlink(name.c_str());
        std::string_view rest = content;
        while (!rest.empty()) {
            const ssize_t written = ::write(file.get(), rest.data(), rest.size());
            REQUIRE(written > 0);
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    Task<Response> answer(std::uint64_t offset, std::uint64_t length) const {
        FileRange range{UniqueFd(::dup(file.get())), offset, length};
        co_return Response::file(std::move(range), "application/x-test");
    }
    TestServer::Configure files_routes() {
        return [this](Router& router) {
            add(router, Method::get, "/range", [this](Request&) { return answer(10, 100000); });
            add(router, Method::get, "/tail", [this](Request&) { return answer(kSize - 5, 5); });
            add(router, Method::get, "/nothing", [this](Request&) { return answer(10, 0); });
            add(router, Method::get, "/whole", [this](Request&) { return answer(0, kSize); });
            add(router, Method::get, "/short", [this](Request&) { return answer(kSize - 5, 6); });
            add(router, Method::get, "/", echo);
        };
    }

    std::string content = numbered(kSize);
    UniqueFd file;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a range of a file is sent from its offset and the connection goes on") {
    TestServer server(files_routes());
    Client client = server.connect();
    client.send(get("/range"));
    const std::string range = client.read_response();
    CHECK(status_of(range) == 200);
    CHECK_THAT(range.substr(0, 500), Contains("content-length: 100000\r\n") &&
                                         Contains("content-type: application/x-test\r\n") &&
                                         !Contains("connection: close"));
    CHECK(body_of(range) == content.substr(10, 100000));
    client.send(get("/"));
    CHECK_THAT(client.read_response(), Contains("GET / "));
    client.send(get("/range"));
    CHECK(body_of(client.read_response()) == content.substr(10, 100000));
}

TEST_CASE_METHOD(Fixture, "pipelined files, empty ones too, and other answers keep their order") {
    TestServer server(files_routes());
    Client client = server.connect();
    client.send(get("/tail") + get("/") + get("/nothing") + get("/range") + get("/tail"));
    CHECK(body_of(client.read_response()) == content.substr(kSize - 5));
    CHECK_THAT(client.read_response(), Contains("GET / "));
    const std::string nothing = client.read_response();
    CHECK_THAT(nothing, Contains("content-length: 0\r\n"));
    CHECK(body_of(nothing).empty());
    CHECK(body_of(client.read_response()) == content.substr(10, 100000));
    CHECK(body_of(client.read_response()) == content.substr(kSize - 5));
}

TEST_CASE_METHOD(Fixture, "HEAD of a file tells its length and sends none of it") {
    TestServer server(files_routes());
    Client client = server.connect();
    client.send("HEAD /range HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"));
    CHECK_THAT(client.read_response(true), Contains("content-length: 100000\r\n"));
    CHECK_THAT(client.read_response(), Contains("HTTP/1.1 200 OK") && Contains("GET / "));
}

TEST_CASE_METHOD(Fixture, "a large file waits for a client that reads late, and arrives whole") {
    TestServer server(files_routes());
    Client late = server.connect();
    late.send(get("/whole"));
    // Its kernel's buffers are full long before 12 MB, and the others are served meanwhile.
    REQUIRE(server.reaches([](const ServerStats& stats) { return stats.in_request == 1; }));
    Client other = server.connect();
    other.send(get("/"));
    CHECK(status_of(other.read_response()) == 200);
    const bool whole = body_of(late.read_response()) == content;
    CHECK(whole);
    late.send(get("/tail"));
    CHECK(body_of(late.read_response()) == content.substr(kSize - 5));
}

TEST_CASE_METHOD(Fixture, "a file shorter than its range is cut, not filled up") {
    TestServer server(files_routes());
    Client client = server.connect();
    client.send(get("/short"));
    const std::string all = client.read_all();
    CHECK(body_of(all).size() <= 5);
    CHECK(client.was_reset());
    Client next = server.connect();
    next.send(get("/"));
    CHECK(status_of(next.read_response()) == 200);
}

// Reads only when the test lets it.
namespace {

struct Disk {
    std::atomic<int> asked{0};
    std::atomic<bool> may_read{true};

    Task<> read(FilePart part) {
        ++asked;
        while (!may_read) {
            Sleep pause{std::chrono::milliseconds(1)};
            co_await pause;
        }
        read_through(part);
    }
    ServerOptions options() {
        ServerOptions options;
        options.read_ahead = [this](FilePart part) { return read(part); };
        return options;
    }
};

// Looked at without reading: a read that must not wait makes the kernel read ahead all the same.
bool is_begin_in_memory(const UniqueFd& file) {
    constexpr std::size_t kPage = 4096;
    void* const page = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, file.get(), 0);
    REQUIRE(page != MAP_FAILED);
    unsigned char resident = 1;
    CHECK(::mincore(page, kPage, &resident) == 0);
    ::munmap(page, kPage);
    return (resident & 1) != 0;
}

bool drop(const UniqueFd& file) {
    REQUIRE(::fdatasync(file.get()) == 0);
    REQUIRE(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    if (!is_begin_in_memory(file)) return true;
    WARN("skipped: the file system of /tmp does not drop pages");
    return false;
}

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a file that is on the disk alone is read off the loop, which serves others") {
    Disk disk;
    TestServer server(files_routes(), disk.options());
    if (!drop(file)) return;
    disk.may_read = false;
    Client client = server.connect();
    client.send(get("/whole"));
    REQUIRE(server.reaches([&](const ServerStats&) { return disk.asked == 1; }));
    Client other = server.connect();
    other.send(get("/"));
    CHECK(status_of(other.read_response()) == 200);
    CHECK(disk.asked == 1);
    disk.may_read = true;
    const bool whole = body_of(client.read_response()) == content;
    CHECK(whole);
}

TEST_CASE_METHOD(Fixture, "a file in memory is sent without asking for a thread") {
    Disk disk;
    TestServer server(files_routes(), disk.options());
    Client client = server.connect();
    client.send(get("/whole"));
    const bool whole = body_of(client.read_response()) == content;
    CHECK(whole);
    CHECK(disk.asked == 0);
}

TEST_CASE_METHOD(Fixture, "a client that goes while its file is read leaves nothing behind") {
    Disk disk;
    TestServer server(files_routes(), disk.options());
    if (!drop(file)) return;
    disk.may_read = false;
    Client client = server.connect();
    client.send(get("/whole"));
    REQUIRE(server.reaches([&](const ServerStats&) { return disk.asked == 1; }));
    client.reset();
    server.stats();
    disk.may_read = true;
    CHECK(server.reaches(
        [](const ServerStats& stats) { return stats.connections == 0 && stats.in_request == 0; }));
    CHECK(disk.asked == 1);
}
