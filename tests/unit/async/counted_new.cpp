#include "counted_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: inlined, GCC takes malloc and free here for a mismatch of new and delete.

namespace {
std::atomic<std::size_t> count{0};
}

std::size_t allocations() noexcept { return count.load(std::memory_order_relaxed); }

void* operator new(std::size_t size) {
    count.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
