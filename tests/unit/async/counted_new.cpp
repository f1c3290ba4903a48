#include "counted_new.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: inlined, GCC takes malloc and free here for a mismatch of new and delete.

namespace {
std::atomic<std::size_t> count{0};
std::atomic<std::size_t> bytes{0};

void give_back(void* memory) noexcept {
    bytes.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
    std::free(memory);
}
}  // namespace

std::size_t allocations() noexcept { return count.load(std::memory_order_relaxed); }
std::size_t allocated_bytes() noexcept { return bytes.load(std::memory_order_relaxed); }

void* operator new(std::size_t size) {
    count.fetch_add(1, std::memory_order_relaxed);
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    bytes.fetch_add(::malloc_usable_size(memory), std::memory_order_relaxed);
    return memory;
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
