#include <troika/workers/detail/shared_page.hpp>

#include <troika/base/error.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace troika::workers::detail {
namespace {
constexpr std::size_t kSize = sizeof(PageContent);
}

SharedPage& SharedPage::operator=(SharedPage&& other) noexcept {
    std::swap(content_, other.content_);
    return *this;
}

SharedPage::~SharedPage() {
    if (content_ != nullptr) ::munmap(content_, kSize);
}

std::pair<SharedPage, UniqueFd> SharedPage::create() {
    UniqueFd file(::memfd_create("troika-worker-page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw_errno("create a worker's shared page");
    // Its memory is there from the start: a page that cannot be had later would be a SIGBUS.
    if (::fallocate(file.get(), 0, 0, kSize) != 0) throw_errno("size a worker's shared page");
    // A page cut off under the server's feet would be a SIGBUS.
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        throw_errno("seal a worker's shared page");
    }
    void* address = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED) throw_errno("map a worker's shared page");
    return {SharedPage(new (address) PageContent), std::move(file)};
}

SharedPage SharedPage::open(UniqueFd file) {
    void* address = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED) throw_errno("map a worker's shared page");
    return SharedPage(static_cast<PageContent*>(address));
}

}  // namespace troika::workers::detail
