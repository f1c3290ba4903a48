#include "chunked_body.hpp"
#include "process_tree.hpp"
#include "sanitized.hpp"
#include "service_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

using namespace troika::testing;
using techniques_test::read_body;
using troika::testing::kSanitized;

namespace {

constexpr std::uint64_t kFile = kSanitized ? std::uint64_t{64} << 20 : std::uint64_t{1} << 30;
constexpr std::size_t kDownloadGrowth = std::size_t{16}
                                        << 20;  // of the service, while it sends all of that

// A file without blocks, but for a mark in its middle and one at its end.
void make_sparse_file(const std::string& path) {
    const troika::UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(file);
    REQUIRE(::ftruncate(file.get(), static_cast<off_t>(kFile)) == 0);
    REQUIRE(::pwrite(file.get(), "middle", 6, static_cast<off_t>(kFile / 2)) == 6);
    REQUIRE(::pwrite(file.get(), "end", 3, static_cast<off_t>(kFile - 3)) == 3);
}

// What came, compared as it comes: so many bytes, with the marks in their places.
struct Download {
    std::uint64_t size = 0;
    bool right = true;
    std::size_t peak = 0;  // resident memory of the service

    void take(std::string_view piece, const ServiceProcess& service) {
        if ((size / kLook) != (size + piece.size()) / kLook)
            peak = std::max(peak, resident_memory(service.pid()));
        check(piece, kFile / 2, "middle");
        check(piece, kFile - 3, "end");
        size += piece.size();
    }

  private:
    static constexpr std::uint64_t kLook = 1 << 20;

    void check(std::string_view piece, std::uint64_t at, std::string_view mark) {
        for (std::size_t i = 0; i < mark.size(); ++i) {
            const std::uint64_t wanted = at + i;
            if (wanted < size || wanted >= size + piece.size()) continue;
            if (piece[wanted - size] != mark[i]) right = false;
        }
    }
};

}  // namespace

TEST_CASE("a file of 1 GB is downloaded and the service takes no more memory for it", "[slow]") {
    const std::string route = GENERATE("/chunks", "/file");
    const TemporaryFolder folder;
    make_sparse_file(folder.file("file"));
    const ServiceProcess service = ServiceProcess::listening(
        {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    // What the first of each kind leaves behind (buffers, a pool's thread) is no growth.
    SocketClient first(service.port());
    REQUIRE(first.get(route, "Range: bytes=0-9999999\r\n"));
    REQUIRE_FALSE(first.read_piece().empty());
    first.close();
    const std::size_t before = resident_memory(service.pid());
    REQUIRE(before > 0);

    SocketClient client(service.port());
    REQUIRE(client.get(route));
    Download download;
    const bool whole =
        read_body(client, [&](std::string_view piece) { download.take(piece, service); });
    CHECK(whole);
    CHECK(download.size == kFile);
    CHECK(download.right);
    INFO(before << " bytes before, " << download.peak << " at most");
    if (!kSanitized) CHECK(download.peak < before + kDownloadGrowth);
    CHECK(get(service.port(), "/ping").body == "pong\n");
}
