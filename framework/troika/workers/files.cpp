#include <troika/workers/files.hpp>

#include <troika/base/error.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/workers/to_thread.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

// Everything in the first namespace blocks, and runs on threads.
namespace troika::workers {

namespace {

constexpr std::size_t kFirstRead = 64 << 10;

[[noreturn]] void fail(std::string_view doing, const std::filesystem::path& path) {
    throw_errno(std::string(doing) + " '" + path.string() + "'");
}

UniqueFd open_file(const std::filesystem::path& path, int flags, std::string_view doing,
                   mode_t mode = 0) {
    UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!file) fail(doing, path);
    return file;
}

// As many of `size` bytes as there are at `offset`.
std::string read_at(int file, std::uint64_t offset, std::size_t size,
                    const std::filesystem::path& path) {
    std::string bytes(size, '\0');
    std::size_t held = 0;
    while (held < size) {
        const ssize_t n =
            ::pread(file, bytes.data() + held, size - held, static_cast<off_t>(offset + held));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail("read", path);
        if (n == 0) break;
        held += static_cast<std::size_t>(n);
    }
    bytes.resize(held);
    return bytes;
}

std::string read_whole(const std::filesystem::path& path, std::size_t limit) {
    const UniqueFd file = open_file(path, O_RDONLY, "open");
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) fail("read", path);
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        fail("read", path);
    }
    // One byte more than it should have, to see that it has no more.
    std::size_t step = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1;
    std::string bytes;
    while (bytes.size() <= limit) {
        step = std::min(std::max(step, kFirstRead), limit + 1 - bytes.size());
        const std::string more = read_at(file.get(), bytes.size(), step, path);
        bytes += more;
        if (more.size() < step) return bytes;
        step = bytes.size();
    }
    std::string text = "'";
    text += path.string();
    text.append("' is larger than the ").append(std::to_string(limit));
    text += " bytes it may have";
    throw Error(text);
}

void write_all(int file, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode))
        return status.st_mode & 07777;
    return 0;
}

struct Beside {
    std::string name;
    UniqueFd file;
};

// A new file in the same folder, so that a rename can move it, with a name nobody else has.
Beside create_beside(const std::filesystem::path& path) {
    constexpr int kAttempts = 100;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto time = std::chrono::steady_clock::now().time_since_epoch().count();
        std::string hidden = ".";
        hidden += path.filename().string();
        for (const auto number : {static_cast<long>(::gettid()), static_cast<long>(time)})
            hidden.append(1, '.').append(std::to_string(number));
        std::string name = (path.parent_path() / hidden).string();
        UniqueFd file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (file) return {std::move(name), std::move(file)};
        if (errno != EEXIST) break;
    }
    fail("create a file beside", path);
}

void replace(const std::filesystem::path& path, const std::string& bytes, Durable durable) {
    const Beside beside = create_beside(path);
    ScopeExit remove([&beside] { ::unlink(beside.name.c_str()); });
    write_all(beside.file.get(), bytes, path);
    const mode_t mode = mode_of(path);
    if (mode != 0 && ::fchmod(beside.file.get(), mode) != 0) fail("set the permissions of", path);
    if (durable == Durable::yes && ::fsync(beside.file.get()) != 0) fail("write to the disk", path);
    if (::rename(beside.name.c_str(), path.c_str()) != 0) fail("replace", path);
    remove.release();
    if (durable == Durable::no) return;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const UniqueFd parent = open_file(folder, O_RDONLY | O_DIRECTORY, "open");
    if (::fsync(parent.get()) != 0) fail("write to the disk", folder);
}

void append(const std::filesystem::path& path, const std::string& bytes) {
    const UniqueFd file = open_file(path, O_WRONLY | O_APPEND | O_CREAT, "open", 0644);
    write_all(file.get(), bytes, path);
}

}  // namespace

Task<std::string> read_file(std::filesystem::path path, std::size_t limit) {
    auto reading = to_thread(read_whole, std::move(path), limit);
    co_return co_await std::move(reading);
}

Task<> write_file(std::filesystem::path path, std::string bytes, Durable durable) {
    auto writing = to_thread(replace, std::move(path), std::move(bytes), durable);
    co_await std::move(writing);
}

Task<> append_file(std::filesystem::path path, std::string bytes) {
    auto writing = to_thread(append, std::move(path), std::move(bytes));
    co_await std::move(writing);
}

Flow<std::string> read_chunks(std::filesystem::path path, FileRangeOptions options) {
    if (options.chunk == 0) throw Error("read_chunks: a chunk needs a size");
    const auto open = [](const std::filesystem::path& name) {
        return open_file(name, O_RDONLY, "open");
    };
    auto opening = to_thread(open, path);
    const UniqueFd file = co_await std::move(opening);
    std::uint64_t offset = options.offset;
    for (std::uint64_t left = options.size; left > 0;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, options.chunk));
        auto reading = to_thread(read_at, file.get(), offset, size, path);
        std::string bytes = co_await std::move(reading);
        const bool last = bytes.size() < size;
        offset += bytes.size();
        left -= bytes.size();
        if (!bytes.empty()) co_yield std::move(bytes);
        if (last) co_return;
    }
}

}  // namespace troika::workers
