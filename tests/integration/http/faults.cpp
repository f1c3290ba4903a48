#include "faults.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace troika::testing {

namespace {

thread_local bool has_faults = false;

// True when this call is not to be made; errno is set.
bool fails() {
    if (!has_faults) return false;
    const long number = faults().calls++;
    if (faults().interrupts && number % 2 == 0) {
        errno = EINTR;
        return true;
    }
    if (faults().fails_after < 0 || faults().fails_after-- != 0) return false;
    errno = faults().error;
    return true;
}

std::size_t limited(std::size_t size) {
    return has_faults ? std::min(size, faults().most_sent.load()) : size;
}

}  // namespace

Faults& faults() {
    static Faults all;
    return all;
}

void Faults::reset() {
    most_sent = largest_allocation = std::numeric_limits<std::size_t>::max();
    interrupts = false;
    fails_after = -1;
    accepts_fail = calls = 0;
    error = accept_error = 0;
}

void have_faults_on_this_thread() { has_faults = true; }

}  // namespace troika::testing

using troika::testing::faults;

extern "C" {

ssize_t recv(int fd, void* into, size_t size, int flags) {
    if (troika::testing::fails()) return -1;
    return ::syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}

ssize_t send(int fd, const void* from, size_t size, int flags) {
    if (troika::testing::fails()) return -1;
    return ::syscall(SYS_sendto, fd, from, troika::testing::limited(size), flags, nullptr, 0);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    if (troika::testing::fails()) return -1;
    const std::size_t first = message->msg_iovlen > 0 ? message->msg_iov[0].iov_len : 0;
    if (message->msg_controllen > 0 || troika::testing::limited(first) == first)
        return ::syscall(SYS_sendmsg, fd, message, flags);
    return ::syscall(SYS_sendto, fd, message->msg_iov[0].iov_base, troika::testing::limited(first),
                     flags, nullptr, 0);
}

ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
    if (troika::testing::fails()) return -1;
    return ::syscall(SYS_sendfile, to, from, offset, troika::testing::limited(size));
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
    if (faults().accepts_fail > 0) {
        --faults().accepts_fail;
        errno = faults().accept_error;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_accept4, fd, address, length, flags));
}

}  // extern "C"

// A sanitizer's own would not know what this one gives.
#ifdef TROIKA_REALLOC_CAN_FAIL
extern "C" void* __libc_realloc(void* memory, std::size_t size);  // glibc's
extern "C" void* realloc(void* memory, std::size_t size) noexcept {
    const bool too_large = troika::testing::has_faults && size > faults().largest_allocation.load();
    return too_large ? nullptr : __libc_realloc(memory, size);
}
#endif

void* operator new(std::size_t size) {
    const bool too_large = troika::testing::has_faults && size > faults().largest_allocation.load();
    void* const memory = too_large ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t& none) noexcept {
    return operator new(size, none);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
