#include <troika/base/unique_fd.hpp>

#include <unistd.h>

#include <cerrno>

namespace troika {

void UniqueFd::reset(int fd) noexcept {
    const int old = std::exchange(fd_, fd);
    if (old < 0) return;
    const int saved = errno;
    ::close(old);  // EINTR included: on Linux the descriptor is gone either way (close(2), NOTES)
    errno = saved;
}

}  // namespace troika
