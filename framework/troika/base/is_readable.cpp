#include <troika/base/is_readable.hpp>

#include <poll.h>

namespace troika {

bool is_readable(int fd) noexcept {
    pollfd look{fd, POLLIN, 0};
    return ::poll(&look, 1, 0) > 0;
}

}  // namespace troika
