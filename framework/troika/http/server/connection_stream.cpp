#include <troika/async/run_in.hpp>
#include <troika/base/error.hpp>
#include <troika/http/server/detail/connection.hpp>

#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>
#include <new>

// Answers that come piece by piece. Pieces that are there at once go out together:
//
//   next() ──gives──► add_piece() ── 16 KB there, or a large piece ──► send_all() ─┐
//     ▲ │                  └──────────────── less ───────────┐                     │
//     │ └─waits──► pull_suspended(): what is there goes out  ▼                     ▼
//     └──────────────────────────────────────────────────────┴─────────────────────┘
//
// While it waits: heartbeats, a client that is gone, and at the beginning of a drain the cancel of an
// endless one. Where OnClientGone::finish holds, a generator with an end is pulled to it also when nobody hears
// it any more: its pieces are dropped.
namespace troika::http::detail {

namespace {

// Bytes of pieces that go out at once. A larger piece is sent from where it is: a client that does not read
// would hold a copy of it.
constexpr std::size_t kTogether = 16 * 1024;
constexpr std::size_t kPiece = 256;              // what a piece counts beside its bytes
constexpr std::size_t kReadAhead = 1024 * 1024;  // bytes of a file read at once, off the loop
constexpr auto kNever = std::chrono::hours(24);

}  // namespace

// Pulls a piece in the scope of the request, and tells the connection when that waits.
class Connection::StreamPull final : public Task<std::optional<std::string_view>>::Awaiter {
    using Base = Task<std::optional<std::string_view>>::Awaiter;

  public:
    StreamPull(Task<std::optional<std::string_view>>& task, Connection& connection) noexcept
        : Base(task.handle(), &*connection.exchange_->scope), connection_(connection) {}

    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
        outer_ = parent.promise().scope();
        troika::detail::current_scope_cursor = scope_;
        const bool waits = Base::await_suspend(parent);
        troika::detail::current_scope_cursor = outer_;
        if (waits) connection_.pull_suspended();
        return waits;
    }
    std::optional<std::string_view> await_resume() {
        troika::detail::current_scope_cursor = outer_;
        connection_.phase_ = Phase::writing;
        return Base::await_resume();
    }

  private:
    Connection& connection_;
    Scope* outer_ = nullptr;
};

Stream* Connection::endless_stream() const noexcept {
    const auto* stream = std::get_if<std::unique_ptr<Stream>>(&exchange_->response->body());
    return stream != nullptr && (*stream)->endless() ? stream->get() : nullptr;
}

void Connection::pull_suspended() noexcept {
    phase_ = Phase::producing;
    flush();
    if (failed_) client_gone();
    expect_silence();
}

// Until when nothing needs to happen.
void Connection::expect_silence() noexcept {
    if (exchange_->awaits_body) return;  // the stream reads the request, which has its own limits
    if (exchange_->unheard) return set_expiry(exchange_->deadline);
    const Clock::TimePoint now = core_.loop.now();
    if (peer_ended_ && !finishes_alone()) return set_expiry(now + Wheel::kTick);
    if (has_unsent()) return expect_progress();
    const auto& stream = std::get<std::unique_ptr<Stream>>(exchange_->response->body());
    const Heartbeat heartbeat = stream->heartbeat();
    const bool beats = !heartbeat.bytes.empty() && exchange_->framing != ResponseFraming::length;
    set_expiry(now + (beats ? std::chrono::nanoseconds(heartbeat.every) : kNever));
}

void Connection::on_silence() noexcept {
    if (exchange_->unheard) {
        core_.observer.on_limit(Limit::handler_time);
        return exchange_->scope->cancel(CancelReason::deadline);
    }
    if (peer_ended_) client_gone();
    if (failed_) return;
    if (has_unsent()) {
        reset_if_stuck();
        return failed_ ? client_gone() : expect_silence();
    }
    const auto& stream = std::get<std::unique_ptr<Stream>>(exchange_->response->body());
    const std::string_view bytes = stream->heartbeat().bytes;
    try {
        if (!bytes.empty() && exchange_->framing != ResponseFraming::length) add_piece(bytes);
    } catch (const std::bad_alloc&) {  // the next one, then
    }
    flush();
    if (failed_) return client_gone();
    expect_silence();
}

void Connection::add_piece(std::string_view piece) {
    Exchange& exchange = *exchange_;
    const bool chunked = exchange.framing == ResponseFraming::chunked;
    exchange.sent += piece.size();
    if (chunked) write_chunk_size(out(), piece.size());
    if (piece.size() > kTogether) {
        payload_ = piece;
        return;
    }
    out().append(piece);
    if (chunked) out().append(kChunkEnd);
}

Task<> Connection::respond_stream(Stream& stream) {
    Exchange& exchange = *exchange_;
    const std::optional<std::uint64_t> promised = stream.length();
    exchange.request.set_deadline(std::nullopt);
    exchange.scope->move_deadline(Clock::TimePoint::max());
    std::size_t since_turn = 0;
    while (!exchange.cut && (!failed_ || goes_on_unheard())) {
        if (core_.draining && stream.endless()) exchange.scope->cancel(CancelReason::shutdown);
        std::optional<std::string_view> piece;
        try {
            Task<std::optional<std::string_view>> pulled = stream.next();
            StreamPull pull(pulled, *this);
            piece = co_await pull;
        } catch (const Cancelled&) {
            const bool told = core_.draining && stream.endless();
            if (!told || failed_ || exchange.cut || scope_.cancelled()) throw;
        }
        if (!piece) break;
        since_turn += piece->size() + kPiece;
        if (!failed_ && promised && exchange.sent + piece->size() > *promised)
            throw Error("a response stream has more bytes than its length() said");
        if (!failed_ && !piece->empty()) add_piece(*piece);  // an empty chunk would be the last
        if (!payload_.empty()) {
            Task<> sent = send_all();
            co_await std::move(sent);
            if (exchange.framing == ResponseFraming::chunked) out().append(kChunkEnd);
        } else if (out_.size() - out_sent_ >= kTogether) {
            Task<> sent = send_all();
            co_await std::move(sent);
        }
        if (since_turn < kTurn) continue;
        since_turn = 0;
        Turn turn = next_turn();
        co_await turn;
    }
    if (exchange.cut) reset();
    if (failed_) co_return;
    if (promised && exchange.sent != *promised)
        throw Error("a response stream has fewer bytes than its length() said");
    if (exchange.framing == ResponseFraming::chunked) out().append(kLastChunk);
}

// From the page cache. A part that is not in it is brought there first, on a thread: sendfile() would wait for the
// disk, and all of the loop with it.
Task<> Connection::respond_file(FileRange& range) {
    Exchange& exchange = *exchange_;
    Task<> head = send_all();
    co_await std::move(head);
    std::uint64_t in_memory_until = 0;  // that far, and a moment ago
    while (!failed_ && exchange.sent < range.length) {
        const std::uint64_t at = range.offset + exchange.sent;
        const std::uint64_t rest = range.length - exchange.sent;
        std::size_t size = std::min<std::uint64_t>(rest, kTurn);
        if (core_.options.read_ahead && in_memory_until <= at) {
            FilePart part{range.file.get(), at, size};
            in_memory_until =
                at + bytes_in_memory(part, {core_.read_buffer(), ServerCore::kReadSize});
            if (in_memory_until == at) {
                part.size = std::min<std::uint64_t>(rest, kReadAhead);
                Task<> reading = core_.options.read_ahead(part);
                co_await std::move(reading);
                in_memory_until = at + part.size;
                continue;
            }
        }
        if (core_.options.read_ahead) size = std::min<std::uint64_t>(size, in_memory_until - at);
        auto offset = static_cast<off_t>(at);
        const ssize_t sent = ::sendfile(socket_.get(), range.file.get(), &offset, size);
        if (sent > 0) {
            exchange.sent += static_cast<std::uint64_t>(sent);
            Turn turn = next_turn();
            co_await turn;
            continue;
        }
        if (sent == 0) throw Error("a file that is being sent has become shorter");
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            failed_ = true;
            break;
        }
        writable_ = false;
        expect_progress();
        Wait wait(*this, want_writable);
        co_await wait;
        if (expired_) reset_if_stuck();
        in_memory_until = 0;  // it may have been dropped meanwhile
    }
}

}  // namespace troika::http::detail
