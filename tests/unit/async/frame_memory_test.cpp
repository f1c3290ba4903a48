#include <troika/async/detail/frame_memory.hpp>

#include <catch2/catch.hpp>

#include <cstring>
#include <set>
#include <vector>

using namespace troika::detail;

TEST_CASE("frames of any size are distinct, usable and may be freed in any order") {
    std::vector<std::pair<void*, std::size_t>> frames;
    std::set<void*> distinct;
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t size = 1; size < 1500; size += 37) {
            void* const memory = allocate_frame(size);
            std::memset(memory, static_cast<int>(size), size);
            frames.emplace_back(memory, size);
            distinct.insert(memory);
        }
        CHECK(distinct.size() == frames.size());
        for (const auto& [memory, size] : frames) {
            CHECK(static_cast<unsigned char*>(memory)[size - 1] ==
                  static_cast<unsigned char>(size));
            free_frame(memory, size);
        }
        frames.clear();
        distinct.clear();
    }
}

TEST_CASE("more frames than are kept go back to the heap and come again") {
    std::vector<void*> frames;
    for (int i = 0; i < 1000; ++i) frames.push_back(allocate_frame(200));
    for (void* frame : frames) free_frame(frame, 200);
    CHECK(std::set<void*>(frames.begin(), frames.end()).size() == 1000);
    void* const again = allocate_frame(200);
    REQUIRE(again != nullptr);
    free_frame(again, 200);
}
