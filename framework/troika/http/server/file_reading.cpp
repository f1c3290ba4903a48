#include <troika/http/server/file_reading.hpp>

#include <linux/magic.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace troika::http {

namespace {

bool lives_in_memory(int file) noexcept {
    struct statfs status{};
    if (::fstatfs(file, &status) != 0) return false;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

}  // namespace

// Not readahead(2), which returns when the reading has been asked for.
void read_through(FilePart part) noexcept {
    std::array<char, 64 * 1024> scratch;
    while (part.size > 0) {
        const std::size_t size = std::min(part.size, scratch.size());
        const ssize_t got =
            ::pread(part.file, scratch.data(), size, static_cast<off_t>(part.offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        part.offset += static_cast<std::size_t>(got);
        part.size -= static_cast<std::size_t>(got);
    }
}

// A read that stops at the first page that is not there (preadv2(2), RWF_NOWAIT). All of it goes into the same
// few pages, which stay in the processor's cache: several times cheaper than asking for each page by itself,
// and mincore() would need a mapping and tells the owner of a file alone.
std::size_t bytes_in_memory(FilePart part, std::span<char> scratch) noexcept {
    std::array<iovec, 16> into;
    std::size_t pieces = 0;
    std::size_t size = 0;
    while (pieces < into.size() && size < part.size) {
        const std::size_t piece = std::min(part.size - size, scratch.size());
        into[pieces++] = {scratch.data(), piece};
        size += piece;
    }
    const ssize_t got = ::preadv2(part.file, into.data(), static_cast<int>(pieces),
                                  static_cast<off_t>(part.offset), RWF_NOWAIT);
    if (got >= 0) return static_cast<std::size_t>(got);
    return errno == EOPNOTSUPP && lives_in_memory(part.file) ? size : 0;
}

}  // namespace troika::http
