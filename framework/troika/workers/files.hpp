#pragma once

#include <troika/async/flow.hpp>
#include <troika/async/task.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

// Files beside the loop, like aiofiles: every call that may wait for a disk runs on the loop's default
// thread pool.
//
//   Threads       Event-loop thread only; to_thread() does the rest.
//   Errors        IoError with the file's name; Error for more than `limit` bytes.
//   Cancellation  What runs on a thread is waited for, then Cancelled is thrown (to_thread's rule).
namespace troika::workers {

// All of it, also of a file that does not know its size (/proc).
Task<std::string> read_file(std::filesystem::path path, std::size_t limit = 64 << 20);

enum class Durable : bool {
    no,  // in the kernel's cache: survives the process
    yes  // on the disk with its name: survives the machine
};

// Writes a new file and renames it over the old one: whoever reads sees the one or the other whole,
// and a failure leaves the old one as it was. Keeps the old one's permissions; a new one has 0644
// less the umask. A symbolic link is replaced.
Task<> write_file(std::filesystem::path path, std::string bytes, Durable durable = Durable::no);

// Creates the file where there is none. One call is one write: lines do not mix with those of others.
Task<> append_file(std::filesystem::path path, std::string bytes);

struct FileRangeOptions {
    std::uint64_t offset = 0;
    std::uint64_t size = std::numeric_limits<std::uint64_t>::max();  // to the end
    std::size_t chunk = 256 << 10;                                   // bytes per value, at most
};

// The file piece by piece; one piece is read when it is asked for, so memory stays flat and a slow
// consumer slows the reading. A file that shrinks meanwhile ends early.
Flow<std::string> read_chunks(std::filesystem::path path, FileRangeOptions options = {});

}  // namespace troika::workers

namespace troika {
using workers::append_file;
using workers::Durable;
using workers::FileRangeOptions;
using workers::read_chunks;
using workers::read_file;
using workers::write_file;
}  // namespace troika
