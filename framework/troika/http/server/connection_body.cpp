#include <troika/base/huge_pages.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/server/detail/connection.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

// Request bodies: what is here is decoded at once; the rest is waited for by receive_body(), which is a
// coroutine of its own so that requests without one do not pay for it.
namespace troika::http::detail {

namespace {

// A promised length gets so much address space at once, and eight times what has arrived later on: that
// is no memory until bytes fill it, and must not be more, or promises alone use it up. Small steps cost:
// where such blocks have been freed before, realloc() takes them from the heap and copies (steps of two
// from 64 KB on: 2.9 to 11 times the CPU of 1 MB bodies, measured).
constexpr std::size_t kRoomAtOnce = 1024 * 1024;
constexpr std::size_t kGrowth = 8;

void grow(Bytes& bytes, std::size_t by, const HeadFacts& facts) {
    const std::size_t needed = bytes.size() + by;
    if (needed <= bytes.capacity() || facts.framing != Framing::length) return;
    const std::size_t ahead = std::max(kRoomAtOnce, bytes.capacity() * kGrowth);
    bytes.reserve(std::max(needed, std::min<std::size_t>(ahead, facts.length)));
}

}  // namespace

bool Connection::is_room_for_body() const noexcept {
    return core_.bodies.has_room(exchange_->share, input_.size());
}

bool Connection::take_room() { return core_.bodies.take(exchange_->share, input_.size()); }

// What may be read of the body before it needs more room.
std::uint64_t Connection::room_ahead() const noexcept {
    return exchange_->share.held - exchange_->decoder.taken();
}

// Meanwhile the client is not read from, so it is not called slow for that.
Task<> Connection::wait_for_room() {
    Exchange& exchange = *exchange_;
    core_.wait_for_room(*this);
    const ScopeExit no_longer([this] { core_.stop_waiting_for_room(*this); });
    const Clock::TimePoint began = core_.loop.now();
    Clock::TimePoint patience = began + core_.options.budget_wait;
    while (!body_is_over() && !exchange.given_up && !take_room()) {
        if (core_.bodies_are_stuck() && core_.give_up_latest() == this) break;
        set_expiry(patience);
        Wait wait(*this, want_room);
        co_await wait;
        if (!expired_ || is_room_for_body()) continue;
        exchange.given_up = exchange.given_up || gives_way();
        patience = core_.loop.now() + core_.options.budget_wait;
    }
    exchange.body_expiry += core_.loop.now() - began;
    if (!exchange.given_up || body_is_over()) co_return;
    core_.observer.on_limit(Limit::body_room);
    refuse({Status::service_unavailable, "too many bodies are being received"});
}

// Its wait is over. A body in chunks that others came after is not the one that has to go.
bool Connection::gives_way() noexcept {
    const BodyShare& share = exchange_->share;
    return !share.in_chunks || share.held == 0 || core_.give_up_latest() == this;
}

void Connection::give_up_body() noexcept {
    exchange_->given_up = true;
    if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->resume_in_turn();
}

// The bytes have room already.
void Connection::keep_piece(std::string_view piece) {
    Exchange& exchange = *exchange_;
    RequestBody& body = exchange.request.body();
    if (MemoryFile* const file = body.file()) {
        file->append(piece);
        return;
    }
    if (body.bytes() == nullptr) {
        const std::uint64_t expected =
            exchange.facts.framing == Framing::length ? exchange.facts.length : 0;
        if (exchange.endpoint->body == BodyMode::memory_file &&
            expected > core_.options.memory_file_threshold) {
            MemoryFile file("troika-body");
            file.append(piece);
            body = RequestBody(std::move(file));
            return;
        }
        Bytes bytes;
        if (expected >= kLargeAllocation) bytes.reserve_space(expected);
        bytes.reserve(std::max<std::size_t>(exchange.share.held,
                                            std::min<std::size_t>(expected, kRoomAtOnce)));
        body = RequestBody(std::move(bytes));
    }
    Bytes& bytes = *body.bytes();
    if (exchange.endpoint->body == BodyMode::memory_file &&
        bytes.size() + piece.size() > core_.options.memory_file_threshold) {
        MemoryFile file("troika-body");
        file.append(bytes.view());
        file.append(piece);
        body = RequestBody(std::move(file));
        return;
    }
    grow(bytes, piece.size(), exchange.facts);
    bytes.append(piece);
}

Connection::Decoded Connection::decode_available() {
    Exchange& exchange = *exchange_;
    std::string_view piece;
    while (!(piece = exchange.decoder.take(input_)).empty()) keep_piece(piece);
    if (exchange.decoder.failed()) {
        refuse(exchange.decoder.refusal());
        return Decoded::refused;
    }
    if (!exchange.decoder.done()) return Decoded::more;
    if (exchange.share.in_chunks) {
        core_.bodies.finish(exchange.share, exchange.decoder.taken());
        core_.tell_of_room();
    }
    if (MemoryFile* const file = exchange.request.body().file()) file->seal();
    return Decoded::done;
}

// Large bodies of known length go from the socket to their place without passing the shared buffer.
bool Connection::receive_into_body() {
    Exchange& exchange = *exchange_;
    Bytes* const bytes = exchange.request.body().bytes();
    const std::uint64_t rest = exchange.decoder.known_rest();
    if (bytes == nullptr || rest <= ServerCore::kReadSize || !input_.empty()) return false;
    if (exchange.endpoint->body == BodyMode::memory_file) return false;
    const std::size_t size = std::min({rest, room_ahead(), std::uint64_t{kTurn}});
    grow(*bytes, size, exchange.facts);
    const std::span<char> room = bytes->spare(size);
    const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got <= 0) return false;
    const auto length = static_cast<std::size_t>(got);
    std::string_view received(room.data(), length);
    exchange.decoder.take(received);
    bytes->commit(length);
    count_received(length, size);
    return true;
}

// Large enough to take turns with the others that move as much.
bool Connection::is_large_body() const noexcept {
    const BodyDecoder& decoder = exchange_->decoder;
    return decoder.known_rest() > ServerCore::kReadSize || decoder.taken() > ServerCore::kReadSize;
}

// Sends what is pending, which the client may wait for before it sends on.
Task<> Connection::send_continue() {
    Exchange& exchange = *exchange_;
    // An answer that has begun says enough; 100 in the middle of it would be part of its body.
    const bool unanswered = !exchange.response;
    if (std::exchange(exchange.continue_wanted, false) && unanswered) {
        out().append(kContinue);
    }
    while (!flush()) {
        expect_progress();
        Wait wait(*this, want_writable);
        co_await wait;
        if (expired_) reset_if_stuck();
    }
}

// Each byte buys the time it may take at body_rate, but never more than body_silence from now: whoever has
// sent much at once could otherwise hold its share of the budget for hours by sending nothing.
Clock::TimePoint Connection::extend_body_expiry() noexcept {
    Exchange& exchange = *exchange_;
    const std::uint64_t taken = exchange.decoder.taken();
    const double seconds = static_cast<double>(taken - exchange.body_credited) /
                           static_cast<double>(std::max<std::size_t>(core_.options.body_rate, 1));
    exchange.body_credited = taken;
    // Shortened before it is converted, because what a fast client has earned may exceed the type.
    const std::chrono::duration<double> silence = core_.options.body_silence;
    const auto earned = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::min(std::chrono::duration<double>(seconds), silence));
    const Clock::TimePoint now = core_.loop.now();
    exchange.body_expiry =
        std::min(exchange.body_expiry + earned, now + core_.options.body_silence);
    if (!core_.draining) return exchange.body_expiry;
    return std::min(exchange.body_expiry, now + core_.options.half_sent_silence);
}

// Returns with bytes in input_ or in the body, or with the exchange refused or the connection failed.
Task<> Connection::wait_for_body_bytes() {
    Task<> sent = send_continue();
    co_await std::move(sent);
    while (!body_is_over()) {
        set_expiry(extend_body_expiry());
        const bool waits = !readable_;
        Wait wait(*this, want_readable);
        co_await wait;
        if (body_is_over()) co_return;
        if (expired_) {
            refuse({Status::request_timeout, "the body came too slowly"});
            co_return;
        }
        if (waits && is_large_body()) {
            Turn turn = next_turn();
            co_await turn;
            if (body_is_over()) co_return;
        }
        if (receive_into_body()) co_return;
        const bool has_all_room = exchange_->share.rest == 0 && !exchange_->share.in_chunks;
        const std::uint64_t most = has_all_room ? ServerCore::kReadSize : room_ahead();
        const Received received = receive(Into::shared_buffer, most);
        if (received == Received::bytes) co_return;
        if (received == Received::end) failed_ = true;  // the body can never be complete
    }
}

Task<> Connection::receive_body() {
    Exchange& exchange = *exchange_;
    phase_ = Phase::body;
    keep_rest();
    exchange.body_expiry = core_.loop.now() + core_.options.body_grace;
    while (!exchange.decoder.done()) {
        if (room_ahead() == 0) {
            Task<> room = wait_for_room();
            co_await std::move(room);
            if (body_is_over()) co_return;
        }
        if (input_.empty()) {
            Task<> bytes = wait_for_body_bytes();
            co_await std::move(bytes);
            if (body_is_over()) co_return;
        }
        if (decode_available() == Decoded::refused) co_return;
        if (turn_ < kTurn) continue;
        keep_rest();
        Turn turn = next_turn();
        co_await turn;
        if (body_is_over()) co_return;
    }
}

void Connection::discard_available() noexcept {
    BodyDecoder& decoder = exchange_->decoder;
    while (!decoder.take(input_).empty()) {
    }
    if (decoder.done()) {
        discarding_ = false;
    } else if (decoder.failed() ||
               decoder.taken() - exchange_->discarded_from > core_.options.discard_limit) {
        closing_ = lingers_ = cut_short_ = true;
        discarding_ = false;
    }
}

}  // namespace troika::http::detail
