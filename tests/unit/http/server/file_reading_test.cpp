#include "temporary_folder.hpp"

#include <troika/base/unique_fd.hpp>
#include <troika/http/server/file_reading.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace troika;
using namespace troika::http;

namespace {

constexpr std::size_t kMegabyte = 1024 * 1024;
constexpr std::size_t kPiece = 256 * 1024;

std::size_t in_memory(int file, std::uint64_t offset, std::size_t size) {
    std::array<char, 64 * 1024> scratch;
    return bytes_in_memory({file, offset, size}, scratch);
}

// Three megabytes that are on the disk alone.
struct ColdFile {
    ColdFile() {
        const std::string text(3 * kMegabyte, 'x');
        file.reset(::open(folder.write("cold", text).c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(file);
        REQUIRE(::fdatasync(file.get()) == 0);
        REQUIRE(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    }
    // Some file systems keep what they are told to drop, or are memory.
    bool is_cold() const { return in_memory(file.get(), 0, kPiece) == 0; }

    testing::TemporaryFolder folder;
    UniqueFd file;
};

}  // namespace

TEST_CASE_METHOD(ColdFile, "what is on the disk alone is in memory once it was read through") {
    if (!is_cold()) {
        WARN("skipped: the file system of " << folder.path() << " does not drop pages");
        return;
    }
    CHECK(in_memory(file.get(), 2 * kMegabyte, kPiece) == 0);
    read_through({file.get(), 0, kMegabyte});
    CHECK(in_memory(file.get(), 0, kPiece) == kPiece);
    CHECK(in_memory(file.get(), kMegabyte - 100, 100) == 100);
    // How much of the rest the kernel has read ahead is its own affair.
}

TEST_CASE_METHOD(ColdFile, "behind the end there is nothing, and reading it through ends") {
    read_through({file.get(), 2 * kMegabyte, 5 * kMegabyte});
    CHECK(in_memory(file.get(), 3 * kMegabyte - 10, kPiece) == 10);
    CHECK(in_memory(file.get(), 3 * kMegabyte, kPiece) == 0);
    CHECK(in_memory(file.get(), 9 * kMegabyte, kPiece) == 0);
    read_through({-1, 0, kMegabyte});
    CHECK(in_memory(-1, 0, kPiece) == 0);
}

TEST_CASE("a file that is memory is in memory, though its file system cannot tell") {
    const UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(::ftruncate(file.get(), kMegabyte) == 0);
    CHECK(in_memory(file.get(), 0, kPiece) == kPiece);
    CHECK(in_memory(file.get(), kPiece, 100) == 100);
}
