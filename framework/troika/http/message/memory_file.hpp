#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstddef>
#include <string_view>

namespace troika::http {

// Bytes in a memfd: a large body that may travel to another process without a copy.
//
//   Lifetime      Filled by append(), then seal()ed once; mapped when first looked at.
//   Errors        IoError.
class MemoryFile final {
  public:
    explicit MemoryFile(const char* name);
    // Adopts a received memfd; refuses one not sealed against shrinking and writing (a sender could
    // otherwise cut it under our mapping: SIGBUS).
    explicit MemoryFile(UniqueFd sealed);
    MemoryFile(MemoryFile&& other) noexcept;
    MemoryFile& operator=(MemoryFile&& other) noexcept;
    ~MemoryFile();

    void append(std::string_view bytes);
    // No more changes: F_SEAL_SHRINK, _GROW, _WRITE, _SEAL.
    void seal();

    int fd() const noexcept { return fd_.get(); }
    // Gives the file away; this object is empty afterwards.
    UniqueFd release() noexcept;
    std::size_t size() const noexcept { return size_; }
    // Sealed only. Maps the bytes; valid as long as this object.
    std::string_view view() const;

  private:
    UniqueFd fd_;
    std::size_t size_ = 0;
    mutable void* mapping_ = nullptr;
};

}  // namespace troika::http
