#pragma once

#include <troika/http/message/bytes.hpp>
#include <troika/http/message/memory_file.hpp>
#include <troika/http/message/stream.hpp>

#include <memory>
#include <string_view>
#include <variant>

namespace troika::http {

// What came with a request: nothing, bytes on the heap, bytes in a memory file, or a stream that is
// still arriving (only for endpoints that asked for one).
class RequestBody final {
  public:
    RequestBody() noexcept = default;
    explicit RequestBody(Bytes bytes) noexcept : value_(std::move(bytes)) {}
    explicit RequestBody(MemoryFile file) noexcept : value_(std::move(file)) {}
    explicit RequestBody(std::unique_ptr<Stream> stream) noexcept : value_(std::move(stream)) {}

    // The whole body; a memory file is mapped for it. Throws Error for a stream.
    std::string_view view() const;
    std::size_t size() const;
    bool empty() const { return size() == 0; }

    // Null when the body is something else.
    MemoryFile* file() noexcept { return std::get_if<MemoryFile>(&value_); }
    Bytes* bytes() noexcept { return std::get_if<Bytes>(&value_); }
    Stream* stream() const noexcept;

    void clear() noexcept { value_ = std::monostate{}; }

  private:
    std::variant<std::monostate, Bytes, MemoryFile, std::unique_ptr<Stream>> value_;
};

}  // namespace troika::http
