#include <troika/base/check.hpp>
#include <troika/base/huge_pages.hpp>
#include <troika/http/message/bytes.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace troika::http {

Bytes& Bytes::operator=(Bytes&& other) noexcept {
    if (this != &other) {
        release();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        space_ = std::exchange(other.space_, 0);
    }
    return *this;
}

Bytes::~Bytes() { release(); }

void Bytes::release() noexcept {
    if (space_ > 0)
        ::munmap(data_, space_);
    else
        std::free(data_);
    data_ = nullptr;
    capacity_ = space_ = 0;
}

void Bytes::reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    if (space_ > 0)
        return capacity <= space_ ? reserve_within_space(capacity) : leave_space(capacity);
    void* const grown = std::realloc(data_, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
    // The loop fills it, and during a page fault nobody else is served.
    if (capacity >= kLargeAllocation) prefer_huge_pages(data_ + size_, capacity - size_);
}

void Bytes::reserve_space(std::size_t most) {
    TROIKA_CHECK(data_ == nullptr, "space is reserved before memory is");
    if (most == 0) return;
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* const space = ::mmap(nullptr, most, PROT_NONE, kFlags, -1, 0);
    if (space == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<char*>(space);
    space_ = most;
}

void Bytes::reserve_within_space(std::size_t capacity) {
    if (::mprotect(data_, capacity, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    // Not for what is only promised, and not for slow beginners: the first byte in a huge page is 2 MB of
    // memory.
    constexpr std::size_t kSmallPages = 4 * 1024 * 1024;
    const std::size_t from = std::max(size_, kSmallPages);
    if (from < capacity) prefer_huge_pages(data_ + from, capacity - from);
    capacity_ = capacity;
}

// It became more than was expected.
void Bytes::leave_space(std::size_t capacity) {
    Bytes moved;
    moved.reserve(capacity);
    moved.append(view());
    *this = std::move(moved);
}

void Bytes::make_room(std::size_t size) {
    if (capacity_ - size_ >= size) return;
    const std::size_t needed = size_ + size;
    const std::size_t most = std::max(needed, capacity_ + capacity_ / 2);
    reserve(space_ >= needed ? std::min(most, space_) : most);
}

void Bytes::append(std::string_view bytes) {
    if (bytes.empty()) return;
    make_room(bytes.size());
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

std::span<char> Bytes::spare(std::size_t size) {
    make_room(size);
    return {data_ + size_, size};
}

void Bytes::clear(std::size_t kept) noexcept {
    size_ = 0;
    if (space_ == 0 && capacity_ <= kept) return;
    release();
}

}  // namespace troika::http
