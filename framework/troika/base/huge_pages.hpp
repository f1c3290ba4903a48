#pragma once

#include <algorithm>
#include <cstddef>

namespace troika {

// What malloc maps for one allocation alone, so that what is asked of the kernel ends with it.
inline constexpr std::size_t kLargeAllocation = std::size_t{32} << 20;

// Asks the kernel to back this memory, not touched yet, with huge pages (MADV_HUGEPAGE): filling it then
// takes a five-hundredth of the page faults, which is most of its time in a virtual machine. Without
// effect where the kernel cannot.
void prefer_huge_pages(void* begin, std::size_t size) noexcept;

// For a string or vector that is about to be filled with `count` elements: room for all of them, of huge
// pages where that is a large allocation; else nothing.
template <typename Container>
void reserve_if_large(Container& container, std::size_t count) {
    const std::size_t size = count * sizeof(typename Container::value_type);
    if (size < kLargeAllocation || container.capacity() >= count) return;
    container.reserve(std::max(count, 2 * container.capacity()));
    prefer_huge_pages(container.data() + container.size(),
                      size - container.size() * sizeof(typename Container::value_type));
}

}  // namespace troika
