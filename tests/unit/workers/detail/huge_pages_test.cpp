#include <troika/workers/detail/huge_pages.hpp>

#include <sys/mman.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

using troika::workers::detail::fold_into_huge_pages;

namespace {

constexpr std::size_t kSize = std::size_t{64} << 20;
constexpr std::size_t kHuge = std::size_t{2} << 20;

class Region final {
  public:
    Region()
        : bytes_(static_cast<char*>(
              ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        REQUIRE(bytes_ != MAP_FAILED);
    }
    ~Region() { ::munmap(bytes_, kSize); }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    char* bytes() const noexcept { return bytes_; }

    std::size_t resident_pages() const {
        std::vector<unsigned char> pages(kSize / 4096);
        REQUIRE(::mincore(bytes_, kSize, pages.data()) == 0);
        return static_cast<std::size_t>(std::count_if(
            pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
    }

    // KB, of the mapping this region is in.
    unsigned long in_huge_pages() const {
        std::ifstream file("/proc/self/smaps");
        std::string line;
        bool here = false;
        while (std::getline(file, line)) {
            unsigned long begin = 0, end = 0, size = 0;
            const auto place = reinterpret_cast<std::uintptr_t>(bytes_);
            if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
                here = begin <= place && place < end;
            if (here && std::sscanf(line.c_str(), "AnonHugePages: %lu kB", &size) == 1) return size;
        }
        return 0;
    }

  private:
    char* bytes_;
};

char byte_at(std::size_t place) { return static_cast<char>(place * 31 % 251); }

}  // namespace

TEST_CASE("filled memory is folded into huge pages and keeps what it holds") {
    const Region region;
    for (std::size_t i = 0; i < kSize; ++i) region.bytes()[i] = byte_at(i);
    fold_into_huge_pages();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kSize; ++i) wrong += region.bytes()[i] != byte_at(i) ? 1U : 0U;
    CHECK(wrong == 0);
    const Region probe;
    std::fill_n(probe.bytes(), kSize, 'x');
    const auto aligned =
        (reinterpret_cast<std::uintptr_t>(probe.bytes()) + kHuge - 1) & ~(kHuge - 1);
    if (::madvise(reinterpret_cast<void*>(aligned), kHuge, MADV_COLLAPSE) != 0) {
        WARN("this kernel folds nothing (MADV_COLLAPSE)");
    } else {
        CHECK(region.in_huge_pages() >= (kSize - 2 * kHuge) / 1024);
    }
}

TEST_CASE("memory that is reserved and hardly used stays unused") {
    const Region region;
    for (std::size_t i = 0; i < kSize; i += kHuge) region.bytes()[i] = 'x';
    const std::size_t before = region.resident_pages();
    fold_into_huge_pages();
    CHECK(region.resident_pages() == before);
}
