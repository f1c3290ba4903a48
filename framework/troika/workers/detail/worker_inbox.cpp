#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/detail/worker_inbox.hpp>

#include <sched.h>
#include <unistd.h>

#include <utility>

namespace troika::workers::detail {
namespace {

using std::chrono::steady_clock;

// A yield that takes this long lost the CPU to somebody; a virtual machine's hiccups are shorter.
constexpr auto kDisturbance = std::chrono::microseconds(500);

Frame checked(ReceiveResult received) noexcept {
    // A mere end has no problem; a job that closed the channel has left one.
    if (received.status == Received::closed)
        ::_exit(received.problem.empty() ? kExitClean : kExitChannelLost);
    if (received.status != Received::frame) ::_exit(kExitBadFrame);
    return std::move(received.frame);
}

}  // namespace

Frame WorkerInbox::next() {
    if (mail_) return next_beside_mail();
    const auto began = steady_clock::now();
    if (gate_.open()) look();
    Frame frame = mail_ ? next_beside_mail() : next_in_socket();
    gate_.waited(steady_clock::now() - began);
    return frame;
}

void WorkerInbox::look() noexcept {
    page_.to_worker.start_looking();
    spin();
    mail_ = page_.to_worker.look_away();
}

bool WorkerInbox::nothing_new() const noexcept {
    return !page_.to_worker.delivered() && page_.sent.load(std::memory_order_acquire) == seen_;
}

// Until the server has sent something, or for so long; others that have work to do go first.
void WorkerInbox::spin() noexcept {
    auto last = steady_clock::now();
    const auto end = last + gate_.time();
    while (nothing_new()) {
        const auto now = steady_clock::now();
        if (now - last > kDisturbance) return gate_.disturbed();
        if (now >= end) return gate_.missed();
        last = now;
        ::sched_yield();
    }
    steady_clock::now() - last > kDisturbance ? gate_.disturbed() : gate_.found();
}

// What the socket has was sent before.
Frame WorkerInbox::next_beside_mail() {
    if (seen_ != page_.sent.load(std::memory_order_acquire)) return next_in_socket();
    mail_ = false;
    return checked(page_.to_worker.take(kLargestFromServer));
}

Frame WorkerInbox::next_in_socket() {
    while (true) {
        ReceiveResult received = receive_frame(channel_, 0, kLargestFromServer, *buffer_);
        if (received.status == Received::interrupted) continue;
        ++seen_;
        return checked(std::move(received));
    }
}

}  // namespace troika::workers::detail
