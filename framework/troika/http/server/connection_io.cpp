#include <troika/http/server/detail/connection.hpp>

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

// Reading, writing and waiting. Sockets are edge-triggered, so readable_ and writable_ say what the kernel
// has told and recv or send have not yet disproved.
namespace troika::http::detail {

bool Connection::Wait::start() {
    const bool ready = ((wish_ & want_readable) != 0 && connection_.readable_) ||
                       ((wish_ & want_writable) != 0 && connection_.writable_) ||
                       ((wish_ & want_room) != 0 && connection_.is_room_for_body());
    if (ready || connection_.expired_ || connection_.failed_) return false;
    connection_.waiter_ = this;
    connection_.wish_ = wish_;
    return true;
}

void Connection::Wait::on_cancel() noexcept {
    connection_.waiter_ = nullptr;
    complete_cancelled();
}

void Connection::wake() noexcept {
    if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->resume();
}

void Connection::on_room() noexcept {
    if (waiter_ == nullptr || (wish_ & want_room) == 0 || !is_room_for_body()) return;
    std::exchange(waiter_, nullptr)->resume_in_turn();
}

void Connection::on_ready(std::uint32_t events) noexcept {
    if ((events & EPOLLOUT) != 0) writable_ = true;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
    if ((events & EPOLLRDHUP) != 0) peer_ended_ = true;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        peer_ended_ = writable_ = true;
        if ((events & EPOLLERR) != 0) failed_ = true;
    }
    if (waiter_ != nullptr && (failed_ || ((wish_ & want_readable) != 0 && readable_) ||
                               ((wish_ & want_writable) != 0 && writable_)))
        return wake();
    if (phase_ != Phase::handler && phase_ != Phase::producing) {
        if (failed_) client_gone();
        return;
    }
    if (failed_) return client_gone();
    if (writable_ && has_unsent()) {
        flush();
        if (phase_ == Phase::producing) expect_silence();
    }
    if (failed_) return client_gone();
    // A half-closed client is answered when that takes no longer than a tick of the wheel.
    if ((events & EPOLLRDHUP) != 0) set_expiry(std::min(expiry_, core_.loop.now() + Wheel::kTick));
}

void Connection::set_expiry(Clock::TimePoint expiry) noexcept {
    expiry_ = expiry;
    expired_ = false;
    // Later than what is armed: on_due() looks again, which spares moving it at each request.
    if (pending() && expiry >= armed_) return;
    armed_ = expiry;
    core_.loop.wheel().set(*this, expiry - core_.loop.now());
}

// Sent and not yet taken by the peer, in the kernel's count. For a wait only: it is a call of the system.
int Connection::untaken() const noexcept {
    int bytes = 0;
    ::ioctl(socket_.get(), SIOCOUTQ, &bytes);
    return bytes;
}

void Connection::expect_progress() noexcept {
    untaken_ = untaken();
    set_expiry(core_.loop.now() + core_.options.write_timeout);
}

// EPOLLOUT comes when a third of the send buffer is free, which grows to megabytes: a slow reader needs
// long for that, and only the queue tells it from one that takes nothing.
void Connection::reset_if_stuck() noexcept {
    if (untaken() < untaken_) return;
    core_.observer.on_limit(Limit::write_time);
    reset();
}

void Connection::on_due() noexcept {
    const Clock::TimePoint now = core_.loop.now();
    if (now < expiry_) return set_expiry(expiry_);
    const bool awaits_body = in_request() && exchange_->awaits_body;
    if (phase_ == Phase::producing && !awaits_body) return on_silence();
    if (phase_ == Phase::handler && !awaits_body) {
        if (now >= exchange_->deadline) {
            core_.observer.on_limit(Limit::handler_time);
            return exchange_->scope->cancel(CancelReason::deadline);
        }
        if (peer_ended_) client_gone();
        return set_expiry(exchange_->deadline);
    }
    expired_ = true;
    wake();
}

Connection::Received Connection::receive(Into target, std::size_t most) {
    char* into = core_.read_buffer();
    std::size_t size = std::min(most, ServerCore::kReadSize);
    const bool to_rest = !input_.empty() || target == Into::rest;
    if (to_rest) {
        if (input_.empty()) {
            rest_.consume_all();
        } else if (input_.data() != rest_.view().data()) {
            Bytes kept(input_);
            rest_ = std::move(kept);
        }
        constexpr std::size_t kStep = 16 * 1024;
        const std::span<char> room =
            rest_.spare(target == Into::rest ? ServerCore::kReadSize : kStep);
        into = room.data();
        size = room.size();
        input_ = rest_.view();
    }
    ssize_t got = -1;
    do {
        got = ::recv(socket_.get(), into, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        readable_ = false;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Received::nothing;
        failed_ = true;
        return Received::end;
    }
    if (got == 0) {
        peer_ended_ = true;
        return Received::end;
    }
    const auto length = static_cast<std::size_t>(got);
    count_received(length, size);
    if (to_rest) {
        rest_.commit(length);
        input_ = rest_.view();
    } else {
        input_ = {into, length};
    }
    return Received::bytes;
}

void Connection::count_received(std::size_t length, std::size_t asked) noexcept {
    turn_ += length;
    // A short read has emptied the socket (or ends at urgent data, which HTTP has not), and the next byte will
    // be told; but the end was told already.
    if (length < asked && !peer_ended_) readable_ = false;
}

Turn Connection::next_turn() noexcept {
    turn_ = 0;
    return Turn(core_.turns);
}

// Afterwards nothing of this connection is in the shared buffer.
void Connection::keep_rest() {
    if (input_.empty()) return;
    const std::string_view rest = rest_.view();
    const bool is_there = input_.data() >= rest.data() && input_.data() < rest.data() + rest.size();
    if (is_there) return;
    Bytes kept(input_);
    rest_ = std::move(kept);
    input_ = rest_.view();
}

Bytes& Connection::out() {
    if (out_.capacity() == 0) out_ = core_.take_buffer();
    return out_;
}

// True when nothing is left to send, also because nothing can be sent any more.
bool Connection::flush() noexcept {
    while (has_unsent() && !failed_) {
        const std::string_view head = out_.view().substr(out_sent_);
        std::array<iovec, 2> parts{};
        parts[0] = {const_cast<char*>(head.data()), head.size()};
        parts[1] = {const_cast<char*>(payload_.data()), std::min(payload_.size(), kTurn)};
        msghdr message{};
        message.msg_iov = parts.data() + (head.empty() ? 1 : 0);
        message.msg_iovlen = (head.empty() ? 0U : 1U) + (payload_.empty() ? 0U : 1U);
        const ssize_t sent =
            payload_.empty()
                ? ::send(socket_.get(), head.data(), head.size(), MSG_NOSIGNAL | MSG_DONTWAIT)
                : ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            writable_ = false;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
            failed_ = true;
            break;
        }
        turn_ += static_cast<std::size_t>(sent);
        const std::size_t of_head = std::min(static_cast<std::size_t>(sent), head.size());
        out_sent_ += of_head;
        payload_.remove_prefix(static_cast<std::size_t>(sent) - of_head);
        if (!payload_.empty()) return false;  // others on the loop have their turn
    }
    out_sent_ = 0;
    payload_ = {};
    if (out_.capacity() > 0) core_.give_back(std::move(out_));
    return true;
}

}  // namespace troika::http::detail
