#include <troika/workers/shared_array.hpp>

#include <troika/base/error.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace troika::workers::detail {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;

}  // namespace

SharedMapping::SharedMapping(std::size_t bytes) : size_(std::max<std::size_t>(bytes, 1)) {
    UniqueFd file(::memfd_create("troika-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw_errno("create shared memory");
    if (::ftruncate(file.get(), static_cast<off_t>(size_)) != 0)
        throw_errno("make room for " + std::to_string(bytes) + " bytes of shared memory");
    if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) throw_errno("seal shared memory");
    file_ = std::make_shared<const UniqueFd>(std::move(file));
    map();
}

SharedMapping::SharedMapping(SharedFile file, std::size_t bytes)
    : file_(std::move(file)), size_(std::max<std::size_t>(bytes, 1)) {
    const int seals = ::fcntl(file_->get(), F_GET_SEALS);
    if (seals < 0) throw_errno("read the seals of shared memory");
    if ((seals & kSeals) != kSeals) throw Error("received shared memory is not sealed");
    struct stat status{};
    if (::fstat(file_->get(), &status) != 0) throw_errno("stat shared memory");
    if (static_cast<std::size_t>(status.st_size) < size_) {
        throw Error("received shared memory holds " + std::to_string(status.st_size) +
                    " bytes where " + std::to_string(size_) + " were announced");
    }
    map();
}

SharedMapping::~SharedMapping() { ::munmap(address_, size_); }

void SharedMapping::map() {
    void* address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_->get(), 0);
    if (address == MAP_FAILED)
        throw_errno("map " + std::to_string(size_) + " bytes of shared memory");
    address_ = address;
}

}  // namespace troika::workers::detail
