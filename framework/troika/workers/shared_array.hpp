#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace troika::workers {

namespace detail {

using SharedFile = std::shared_ptr<const UniqueFd>;

// A memory file sealed in its size, mapped for reading and writing.
class SharedMapping final {
  public:
    explicit SharedMapping(std::size_t bytes);  // zeros
    // Of another process. Throws Error unless it is sealed and has that size at least.
    SharedMapping(SharedFile file, std::size_t bytes);
    SharedMapping(const SharedMapping&) = delete;
    SharedMapping& operator=(const SharedMapping&) = delete;
    ~SharedMapping();

    void* data() const noexcept { return address_; }
    const SharedFile& file() const noexcept { return file_; }

  private:
    void map();

    SharedFile file_;
    std::size_t size_;
    void* address_ = nullptr;
};

}  // namespace detail

// Numbers that this process and its workers see and change in place, like multiprocessing.Array: an
// argument of a job, up to four of them. A handle, like std::span: copies refer to the same numbers.
//
//     SharedArray<double> sums(4);
//     co_await pool.run(sum_part_job, sums, 2);   // the worker writes sums[2]
//
//   Lifetime   The memory goes with the last handle in any process.
//   Threads    No lock, and nothing else than order by awaiting: what a job wrote is there once it
//              was awaited. Who shares a slot at the same time makes T a std::atomic that is lock-free.
//   Errors     The constructor throws IoError or std::bad_alloc without memory. A job that died may have written a part.
template <typename T>
class SharedArray final {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                      std::is_trivially_destructible_v<T>,
                  "SharedArray<T> holds numbers and plain structs of numbers: other processes see "
                  "only the bytes");

  public:
    explicit SharedArray(std::size_t size)
        : mapping_(std::make_shared<detail::SharedMapping>(bytes_of(size))), size_(size) {}
    // Of another process; for argument decoding.
    SharedArray(detail::SharedFile file, std::size_t size)
        : mapping_(std::make_shared<detail::SharedMapping>(std::move(file), bytes_of(size))),
          size_(size) {}

    std::size_t size() const noexcept { return size_; }
    T* data() const noexcept { return static_cast<T*>(mapping_->data()); }
    T& operator[](std::size_t index) const noexcept { return data()[index]; }
    T* begin() const noexcept { return data(); }
    T* end() const noexcept { return data() + size_; }
    std::span<T> span() const noexcept { return {data(), size_}; }
    const detail::SharedFile& file() const noexcept { return mapping_->file(); }

  private:
    static std::size_t bytes_of(std::size_t size) {
        if (size > std::size_t{PTRDIFF_MAX} / sizeof(T)) throw std::bad_alloc();
        return size * sizeof(T);
    }

    std::shared_ptr<detail::SharedMapping> mapping_;
    std::size_t size_;
};

}  // namespace troika::workers

namespace troika {
using workers::SharedArray;
}  // namespace troika
