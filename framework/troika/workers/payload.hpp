#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troika::workers {

// Bytes on their way to a worker process or back: own memory, or a sealed memory file mapped
// read-only. What bytes() shows stays valid and unchanged while the Payload lives.
//
//   Threads   A value: one thread at a time; may be moved between threads.
//   Errors    IoError when the kernel has no memory, descriptors or mappings left.
class Payload final {
  public:
    Payload() noexcept = default;
    explicit Payload(std::string bytes) noexcept : owned_(std::move(bytes)) {}
    explicit Payload(std::vector<std::byte> bytes) noexcept : owned_(std::move(bytes)) {}
    Payload(Payload&& other) noexcept;
    Payload& operator=(Payload&& other) noexcept;
    ~Payload() { unmap(); }

    // Takes a memory file received from elsewhere. It is mapped only when it is sealed against
    // shrinking, growing and writing and holds exactly `size` bytes; Error otherwise.
    static Payload adopt(UniqueFd memory_file, std::size_t size);
    // Copies `bytes` into a new sealed memory file: 20 ms for 64 MB, so not on the loop thread.
    static Payload in_memory_file(std::string_view bytes);

    std::string_view bytes() const noexcept;
    std::size_t size() const noexcept { return bytes().size(); }
    bool empty() const noexcept { return size() == 0; }
    // The descriptor behind bytes(), or -1 when they are own memory.
    int memory_file() const noexcept { return file_.get(); }
    // A copy of the bytes; moved out without a copy when they are a string.
    std::string take_string() &&;

  private:
    void unmap() noexcept;

    std::variant<std::string, std::vector<std::byte>> owned_;
    UniqueFd file_;
    const char* mapped_ = nullptr;
    std::size_t mapped_size_ = 0;
};

// What crosses the process border in one piece. A plain job uses only the head; a process handler
// puts the request's head into the head and its body, often already a memory file, into the body.
struct Parcel {
    Payload head;
    Payload body;
    // What a call shares with its worker (shared_array.hpp); at most kMostShared.
    std::vector<std::shared_ptr<const UniqueFd>> shared{};
    static constexpr std::size_t kMostShared = 4;

    std::size_t size() const noexcept { return head.size() + body.size(); }
};

}  // namespace troika::workers
