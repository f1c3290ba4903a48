#include <troika/base/huge_pages.hpp>

#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using namespace troika;

namespace {

// The flags of the mapping that holds `address`, from /proc/self/smaps: "rd wr mr mw me ac hg ".
std::string flags_of(const void* address) {
    const auto wanted = reinterpret_cast<unsigned long>(address);
    std::ifstream maps("/proc/self/smaps");
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0, end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= wanted && wanted < end;
        if (inside && line.starts_with("VmFlags:")) return line;
    }
    return "";
}

bool huge_pages_are_possible() {
    std::string modes;
    std::getline(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"), modes);
    return !modes.empty();
}

}  // namespace

TEST_CASE("a large vector gets its room at once and of huge pages, a small one is left alone") {
    std::vector<double> numbers;
    const std::size_t count = kLargeAllocation / sizeof(double) + 1;
    reserve_if_large(numbers, count);
    CHECK(numbers.capacity() == count);
    if (huge_pages_are_possible())
        CHECK_THAT(flags_of(numbers.data() + count / 2), Catch::Contains(" hg"));
    std::string text;
    reserve_if_large(text, kLargeAllocation - 1);
    CHECK(text.capacity() < 100);
}

TEST_CASE("what is there already stays when room for much more is made") {
    std::string text = "head";
    reserve_if_large(text, kLargeAllocation);
    text.append(kLargeAllocation - text.size(), 'x');
    CHECK(text.substr(0, 6) == "headxx");
    CHECK(text.size() == kLargeAllocation);
}
