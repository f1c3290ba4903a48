#include <troika/workers/detail/huge_pages.hpp>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

namespace troika::workers::detail {
namespace {

constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
constexpr std::size_t kLeast = 16 * kHugePage;  // below that a fork is quick enough

struct Mapping {
    unsigned long begin = 0;
    unsigned long end = 0;
    bool is_private_data = false;  // anonymous and writable, no stack
};

// The first line of a mapping in /proc/self/smaps: "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 name".
bool parse(const char* line, Mapping& mapping) noexcept {
    char permissions[5] = {};
    unsigned long inode = 0;
    Mapping found;
    if (std::sscanf(line, "%lx-%lx %4s %*s %*s %lu", &found.begin, &found.end, permissions,
                    &inode) != 4)
        return false;
    found.is_private_data = std::strcmp(permissions, "rw-p") == 0 && inode == 0 &&
                            std::strstr(line, "[stack]") == nullptr;
    mapping = found;
    return true;
}

void fold(const Mapping& mapping) noexcept {
    const std::uintptr_t begin = (mapping.begin + kHugePage - 1) & ~(kHugePage - 1);
    const std::uintptr_t end = mapping.end & ~(kHugePage - 1);
    if (begin >= end) return;
    // Each huge page by itself may fail; then its part stays as it was.
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_COLLAPSE);
}

}  // namespace

void fold_into_huge_pages() noexcept {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/smaps", "re"),
                                                     &std::fclose);
    if (!file) return;
    char line[512];
    Mapping mapping;
    while (std::fgets(line, sizeof line, file.get()) != nullptr) {
        unsigned long resident = 0;  // KB
        if (std::sscanf(line, "Rss: %lu kB", &resident) != 1) {
            parse(line, mapping);
            continue;
        }
        const std::size_t size = mapping.end - mapping.begin;
        // A huge page is resident as a whole: not for what somebody has reserved and hardly uses.
        const bool filled = resident * 1024 >= size / 10 * 9;
        if (mapping.is_private_data && size >= kLeast && filled) fold(mapping);
    }
}

}  // namespace troika::workers::detail
