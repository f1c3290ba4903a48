#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace troika::http {

// Owned bytes that grow without being zeroed first, and without a copy where they have space of their own
// or a mapping (realloc moves pages then: always above 32 MB, with glibc); std::string does neither, and a
// 64 MB body would stop the loop.
class Bytes final {
  public:
    Bytes() noexcept = default;
    explicit Bytes(std::string_view copied) { append(copied); }
    Bytes(Bytes&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)),
          space_(std::exchange(other.space_, 0)) {}
    Bytes& operator=(Bytes&& other) noexcept;
    ~Bytes();

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::size_t capacity() const noexcept { return capacity_; }
    std::string_view view() const noexcept { return {data_, size_}; }

    void reserve(std::size_t capacity);
    // Address space for `most` bytes, which is no memory: growing within it, by reserve(), neither copies
    // nor moves. Only while nothing is reserved. Throws bad_alloc.
    void reserve_space(std::size_t most);
    void append(std::string_view bytes);
    // Room for `size` further bytes, to be filled by the caller and made part of it by commit().
    std::span<char> spare(std::size_t size);
    void commit(std::size_t size) noexcept { size_ += size; }
    void consume_all() noexcept { size_ = 0; }
    // Empties it; keeps the memory up to `kept` bytes, but no space of its own.
    void clear(std::size_t kept) noexcept;

  private:
    void release() noexcept;
    void reserve_within_space(std::size_t capacity);
    void make_room(std::size_t size);
    void leave_space(std::size_t capacity);

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t space_ = 0;  // of a mapping of our own at data_; 0: memory of malloc
};

}  // namespace troika::http

namespace troika {
using http::Bytes;
}
