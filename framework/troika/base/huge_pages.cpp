#include <troika/base/huge_pages.hpp>

#include <sys/mman.h>

#include <cstdint>

namespace troika {

void prefer_huge_pages(void* begin, std::size_t size) noexcept {
    constexpr std::uintptr_t kPage = 4096;
    const auto first = (reinterpret_cast<std::uintptr_t>(begin) + kPage - 1) & ~(kPage - 1);
    const auto last = (reinterpret_cast<std::uintptr_t>(begin) + size) & ~(kPage - 1);
    if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace troika
