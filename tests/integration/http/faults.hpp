#pragma once

#include <atomic>
#include <cstddef>
#include <limits>

// Calls of the system that go wrong. faults.cpp defines recv(), send(), sendmsg(), sendfile() and accept4() for its
// whole program, operator new and realloc(); on threads that ask for it they do what is set here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TROIKA_REALLOC_CAN_FAIL
#endif

namespace troika::testing {

struct Faults {
    std::atomic<std::size_t> most_sent{std::numeric_limits<std::size_t>::max()};  // bytes a call
    std::atomic<bool> interrupts{false};  // every other call fails with EINTR
    std::atomic<long> fails_after{-1};    // so many calls the next one fails; -1: none does
    std::atomic<int> error{0};            // with this
    std::atomic<long> accepts_fail{0};    // so many calls of accept4() fail
    std::atomic<int> accept_error{0};     // with this
    std::atomic<long> calls{0};
    std::atomic<std::size_t> largest_allocation{std::numeric_limits<std::size_t>::max()};

    void reset();
};

Faults& faults();
void have_faults_on_this_thread();

}  // namespace troika::testing
