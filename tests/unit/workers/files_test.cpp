#include "tasks.hpp"
#include "temporary_folder.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/files.hpp>
#include <troika/workers/thread_pool.hpp>

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using namespace troika;
using troika::testing::tell;
using troika::testing::TemporaryFolder;

namespace {

template <typename Body>
void with_threads(Body body) {
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 2});
    loop.offer(&pool);
    loop.run([](ThreadPool& pool, Body& body) -> Task<> {
        co_await body();
        co_await pool.stop(StopMode::drain, 10s);
    }(pool, body));
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::size_t entries(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

std::string counted(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + i % 26);
    return bytes;
}

}  // namespace

TEST_CASE("a file is read whole, whatever it says of its size") {
    const TemporaryFolder folder;
    with_threads([&folder]() -> Task<> {
        for (const std::size_t size : {0U, 1U, 65536U, 300001U}) {
            write(folder.file("a"), counted(size));
            const std::string bytes = co_await read_file(folder.file("a"));
            CHECK(bytes == counted(size));
        }
        const std::string status = co_await read_file("/proc/self/status");
        CHECK(status.starts_with("Name:"));
    });
}

TEST_CASE("a file larger than the limit is refused, one as large is read") {
    const TemporaryFolder folder;
    with_threads([&folder]() -> Task<> {
        write(folder.file("a"), counted(1000));
        const std::string bytes = co_await read_file(folder.file("a"), 1000);
        CHECK(bytes.size() == 1000);
        std::string outcome;
        co_await tell(read_file(folder.file("a"), 999), outcome);
        CHECK(outcome.find("larger than the 999 bytes") != std::string::npos);
    });
}

TEST_CASE("what cannot be read or written is told with its name") {
    const TemporaryFolder folder;
    with_threads([&folder]() -> Task<> {
        std::string outcome;
        co_await tell(read_file(folder.file("none")), outcome);
        CHECK(outcome.find("open '" + folder.file("none") + "': No such file") !=
              std::string::npos);
        outcome.clear();
        co_await tell(read_file(folder.path()), outcome);
        CHECK(outcome.find("Is a directory") != std::string::npos);
        outcome.clear();
        co_await tell(append_file(folder.file("none/there"), "x"), outcome);
        CHECK(outcome.find("none/there") != std::string::npos);
    });
    CHECK(entries(folder.path()) == 0);
}

TEST_CASE("a file is replaced as a whole, keeps its permissions and leaves nothing beside it") {
    const TemporaryFolder folder;
    const std::string path = folder.file("a");
    with_threads([&path]() -> Task<> {
        co_await write_file(path, "old");
        ::chmod(path.c_str(), 0600);
        std::ifstream reader(path);  // has the old one open
        co_await write_file(path, "new and longer", Durable::yes);
        std::string seen;
        std::getline(reader, seen);
        CHECK(seen == "old");
        const std::string now = co_await read_file(path);
        CHECK(now == "new and longer");
    });
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a write that fails leaves the old file and nothing beside it") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.file("taken"));
    with_threads([&folder]() -> Task<> {
        std::string outcome;
        co_await tell(write_file(folder.file("taken"), "bytes"), outcome);
        CHECK(outcome.find("replace '" + folder.file("taken") + "'") != std::string::npos);
    });
    CHECK(entries(folder.path()) == 1);
}

TEST_CASE("appending creates a file and adds to its end") {
    const TemporaryFolder folder;
    with_threads([&folder]() -> Task<> {
        co_await append_file(folder.file("log"), "one\n");
        co_await append_file(folder.file("log"), "two\n");
        const std::string all = co_await read_file(folder.file("log"));
        CHECK(all == "one\ntwo\n");
    });
}

TEST_CASE("a file comes in chunks, and a range of it as that range") {
    const TemporaryFolder folder;
    const std::string whole = counted(1000);
    write(folder.file("a"), whole);
    with_threads([&]() -> Task<> {
        std::string joined;
        std::size_t largest = 0;
        auto all = read_chunks(folder.file("a"), {.chunk = 300});
        while (const std::optional<std::string> chunk = co_await all.next()) {
            largest = std::max(largest, chunk->size());
            joined += *chunk;
        }
        CHECK(joined == whole);
        CHECK(largest == 300);
        auto part = read_chunks(folder.file("a"), {.offset = 100, .size = 250, .chunk = 100});
        std::string range;
        while (const std::optional<std::string> chunk = co_await part.next()) range += *chunk;
        CHECK(range == whole.substr(100, 250));
        auto behind = read_chunks(folder.file("a"), {.offset = 5000});
        const auto nothing = co_await behind.next();
        CHECK_FALSE(nothing);
    });
}

TEST_CASE("a chunk that nobody asks for is not read, and the file is closed with its flow") {
    const TemporaryFolder folder;
    write(folder.file("a"), counted(1000));
    const std::size_t before = entries("/proc/self/fd");
    with_threads([&folder]() -> Task<> {
        auto chunks = read_chunks(folder.file("a"), {.chunk = 10});
        const auto first = co_await chunks.next();
        CHECK(first->size() == 10);
        std::filesystem::resize_file(folder.file("a"), 15);
        const auto second = co_await chunks.next();
        CHECK(second->size() == 5);
        const auto third = co_await chunks.next();
        CHECK_FALSE(third);
    });
    CHECK(entries("/proc/self/fd") == before);
}
