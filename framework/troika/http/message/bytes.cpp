#include <troika/base/huge_pages.hpp>
#include <troika/http/message/bytes.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace troika::http {

Bytes& Bytes::operator=(Bytes&& other) noexcept {
    if (this != &other) {
        std::free(data_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
}

Bytes::~Bytes() { std::free(data_); }

void Bytes::reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    void* const grown = std::realloc(data_, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(grown);
    capacity_ = capacity;
    // The loop fills it, and during a page fault nobody else is served.
    if (capacity >= kLargeAllocation) prefer_huge_pages(data_ + size_, capacity - size_);
}

void Bytes::append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (capacity_ - size_ < bytes.size())
        reserve(std::max(size_ + bytes.size(), capacity_ + capacity_ / 2));
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

std::span<char> Bytes::spare(std::size_t size) {
    if (capacity_ - size_ < size) reserve(std::max(size_ + size, capacity_ + capacity_ / 2));
    return {data_ + size_, size};
}

void Bytes::clear(std::size_t kept) noexcept {
    size_ = 0;
    if (capacity_ <= kept) return;
    std::free(std::exchange(data_, nullptr));
    capacity_ = 0;
}

}  // namespace troika::http
