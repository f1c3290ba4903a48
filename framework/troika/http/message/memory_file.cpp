#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/memory_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace troika::http {

namespace {
constexpr int kNoChanges = F_SEAL_SHRINK | F_SEAL_WRITE;
}

MemoryFile::MemoryFile(const char* name)
    : fd_(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    if (!fd_) throw_errno("make a memory file for a body");
}

MemoryFile::MemoryFile(UniqueFd sealed) : fd_(std::move(sealed)) {
    const int seals = ::fcntl(fd_.get(), F_GET_SEALS);
    if (seals < 0) throw_errno("read the seals of a received memory file");
    if ((seals & kNoChanges) != kNoChanges)
        throw Error("a received memory file is not sealed against shrinking and writing");
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) throw_errno("read the size of a memory file");
    size_ = static_cast<std::size_t>(status.st_size);
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(std::exchange(other.size_, 0)),
      mapping_(std::exchange(other.mapping_, nullptr)) {}

MemoryFile& MemoryFile::operator=(MemoryFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    std::swap(mapping_, other.mapping_);
    return *this;
}

MemoryFile::~MemoryFile() {
    if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

void MemoryFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
        if (written < 0) {
            if (errno == EINTR) continue;
            throw_errno("write a body to its memory file");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        size_ += static_cast<std::size_t>(written);
    }
}

void MemoryFile::seal() {
    if (::fcntl(fd_.get(), F_ADD_SEALS, kNoChanges | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        throw_errno("seal a memory file");
}

UniqueFd MemoryFile::release() noexcept {
    if (mapping_ != nullptr) ::munmap(std::exchange(mapping_, nullptr), size_);
    size_ = 0;
    return std::move(fd_);
}

std::string_view MemoryFile::view() const {
    if (size_ == 0) return {};
    if (mapping_ == nullptr) {
        TROIKA_CHECK((::fcntl(fd_.get(), F_GET_SEALS) & kNoChanges) == kNoChanges,
                     "a memory file is mapped only once it is sealed");
        void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_.get(), 0);
        if (mapped == MAP_FAILED) throw_errno("map a memory file");
        mapping_ = mapped;
    }
    return {static_cast<const char*>(mapping_), size_};
}

}  // namespace troika::http
