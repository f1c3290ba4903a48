#include <troika/workers/payload.hpp>

#include <troika/base/error.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace troika::workers {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

const char* map_read_only(int fd, std::size_t size) {
    if (size == 0) return nullptr;
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED)
        throw_errno("map a memory file of " + std::to_string(size) + " bytes");
    return static_cast<const char*>(address);
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_errno("fill a memory file");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

Payload::Payload(Payload&& other) noexcept
    : owned_(std::exchange(other.owned_, std::string())),
      file_(std::move(other.file_)),
      mapped_(std::exchange(other.mapped_, nullptr)),
      mapped_size_(std::exchange(other.mapped_size_, 0)) {}

Payload& Payload::operator=(Payload&& other) noexcept {
    if (this == &other) return *this;
    unmap();
    owned_ = std::exchange(other.owned_, std::string());
    file_ = std::move(other.file_);
    mapped_ = std::exchange(other.mapped_, nullptr);
    mapped_size_ = std::exchange(other.mapped_size_, 0);
    return *this;
}

void Payload::unmap() noexcept {
    if (mapped_ != nullptr) ::munmap(const_cast<char*>(mapped_), mapped_size_);
    mapped_ = nullptr;
    mapped_size_ = 0;
}

Payload Payload::adopt(UniqueFd memory_file, std::size_t size) {
    const int seals = ::fcntl(memory_file.get(), F_GET_SEALS);
    if (seals < 0) throw_errno("read the seals of a received memory file");
    if ((seals & kSeals) != kSeals) throw Error("a received memory file is not sealed");
    struct stat status{};
    if (::fstat(memory_file.get(), &status) != 0) throw_errno("stat a received memory file");
    if (static_cast<std::size_t>(status.st_size) != size) {
        throw Error("a received memory file holds " + std::to_string(status.st_size) +
                    " bytes where " + std::to_string(size) + " were announced");
    }
    Payload payload;
    payload.mapped_ = map_read_only(memory_file.get(), size);
    payload.mapped_size_ = size;
    payload.file_ = std::move(memory_file);
    return payload;
}

Payload Payload::in_memory_file(std::string_view bytes) {
    UniqueFd file(::memfd_create("troika-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw_errno("create a memory file");
    write_all(file.get(), bytes);
    if (::fcntl(file.get(), F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0)
        throw_errno("seal a memory file");
    return adopt(std::move(file), bytes.size());
}

std::string_view Payload::bytes() const noexcept {
    if (file_) return {mapped_, mapped_size_};
    if (const auto* text = std::get_if<std::string>(&owned_)) return *text;
    const auto& raw = *std::get_if<std::vector<std::byte>>(&owned_);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

std::string Payload::take_string() && {
    auto* text = std::get_if<std::string>(&owned_);
    if (file_ || text == nullptr) return std::string(bytes());
    return std::exchange(*text, {});
}

}  // namespace troika::workers
