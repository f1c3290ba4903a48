#pragma once

namespace troika {

// Whether a read of `fd` would not wait: there is something, or its end. A pidfd is readable when its
// process has ended.
//
// Asked behind each async_wait() that is acted upon. Asio may end the wait of a descriptor that was
// opened while an older one was closed for an event of that older one, which it had fetched already:
// both use the same state (epoll_reactor, Boost 1.81).
bool is_readable(int fd) noexcept;

}  // namespace troika
