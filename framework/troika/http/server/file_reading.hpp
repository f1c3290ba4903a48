#pragma once

#include <troika/async/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace troika::http {

struct FilePart {
    int file = -1;
    std::uint64_t offset = 0;
    std::size_t size = 0;  // bytes
};

// Brings a part of a file to memory and does not block the loop meanwhile: read_through() on a thread.
using ReadAhead = std::function<Task<>(FilePart)>;

// Blocks until the part is in the page cache. What cannot be read shows when it is sent.
void read_through(FilePart part) noexcept;

// How many bytes from the part's begin can be had without waiting for a disk. 0 also where that cannot be known,
// which is so on some file systems, and behind the end. Overwrites `scratch`, which is not empty.
std::size_t bytes_in_memory(FilePart part, std::span<char> scratch) noexcept;

}  // namespace troika::http
