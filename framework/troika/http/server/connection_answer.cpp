#include <troika/async/run_in.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/server/detail/connection.hpp>
#include <troika/http/server/detail/upgraded_connection.hpp>

#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>

// Answers: small ones are copied behind each other into the output buffer; large bodies, files, streams and
// upgrades are sent by respond(), a coroutine of its own.
namespace troika::http::detail {

namespace {

constexpr std::size_t kCopied = 16 * 1024;       // bodies up to this go into the output buffer
constexpr std::size_t kCopiedPiece = 64 * 1024;  // the same for pieces of a stream
constexpr std::size_t kTurn = 256 * 1024;        // bytes sent before others have their turn
constexpr auto kNever = std::chrono::hours(24);
constexpr auto kClientGone = static_cast<Status>(499);  // in records only, never sent

}  // namespace

void Connection::answer(const std::exception_ptr& error) {
    Exchange& exchange = *exchange_;
    if (failed_) return end_exchange();
    if (error)
        return answer_with(
            core_.pipeline.boundary().answer(error, exchange.request, exchange.endpoint->pattern));
    write_answer();
}

void Connection::answer_with(Response response) {
    exchange_->response.emplace(std::move(response));
    write_answer();
}

// The rest of a body nobody read must be skipped to keep the connection; not at any price.
bool Connection::can_skip_body() const noexcept {
    const Exchange& exchange = *exchange_;
    if (!exchange.body_unread || exchange.decoder.done()) return true;
    return !exchange.continue_wanted && !exchange.decoder.failed() &&
           exchange.decoder.known_rest() <= core_.options.discard_limit;
}

void Connection::write_answer() {
    Exchange& exchange = *exchange_;
    const Request& request = exchange.request;
    Response& response = *exchange.response;
    const Clock::TimePoint now = core_.loop.now();
    ResponseContext context;
    context.minor_version = request.head().minor_version();
    context.keep_alive =
        exchange.facts.keep_alive && !closing_ && !core_.closing_answers && can_skip_body();
    context.head = request.method() == Method::head;
    context.date_line = core_.date.current(now);
    if (request.has_id()) context.request_id = request.id();
    exchange.framing = write_head(out(), response, context);
    if (!context.keep_alive) {
        closing_ = lingers_ = true;
        cut_short_ = cut_short_ || (exchange.body_unread && !exchange.decoder.done());
    }

    const bool upgrades = std::holds_alternative<Upgrade>(response.body());
    if (exchange.framing == ResponseFraming::none && !upgrades) return end_exchange(now);
    const bool in_memory = std::holds_alternative<std::string>(response.body()) ||
                           std::holds_alternative<SharedBytes>(response.body()) ||
                           std::holds_alternative<std::monostate>(response.body());
    const std::string_view body = response.body_view();
    if (!in_memory || body.size() > kCopied) return;  // advance() goes to respond()
    out_.append(body);
    exchange.sent = body.size();
    end_exchange(now);
}

void Connection::end_exchange() { end_exchange(core_.loop.now()); }

void Connection::end_exchange(Clock::TimePoint now) {
    Exchange& exchange = *exchange_;
    last_activity_ = now;
    RequestRecord record;
    const bool understood = exchange.endpoint != nullptr;
    record.status = exchange.response ? exchange.response->status() : kClientGone;
    record.duration = last_activity_ - exchange.began;
    record.sent = exchange.sent;
    if (understood) {
        record.pattern = exchange.endpoint->pattern;
        record.method = exchange.request.method();
        record.request = &exchange.request;
        if (exchange.facts.framing != Framing::none) record.received = exchange.decoder.taken();
        if (exchange.scope && exchange.scope->cancelled())
            record.cancelled = exchange.scope->reason();
    } else {
        record.peer = &peer_;
    }
    core_.observer.on_request_ended(record);
    if (exchange.share.held > 0) {
        core_.bodies.give_back(exchange.share);
        core_.tell_of_room();
    }
    discarding_ = exchange.body_unread && !exchange.decoder.done() && !closing_;
    exchange.recycle();
    --core_.in_request;
}

Task<> Connection::respond() {
    Exchange& exchange = *exchange_;
    phase_ = Phase::writing;
    keep_rest();
    ResponseBody& body = exchange.response->body();
    try {
        if (auto* const stream = std::get_if<std::unique_ptr<Stream>>(&body)) {
            Task<> work = respond_stream(**stream);
            co_await std::move(work);
        } else if (auto* const file = std::get_if<FileRange>(&body)) {
            Task<> work = respond_file(*file);
            co_await std::move(work);
        } else if (auto* const upgrade = std::get_if<Upgrade>(&body)) {
            Task<> work = respond_upgrade(*upgrade);
            co_await std::move(work);
        } else {
            payload_ = exchange.response->body_view();
            exchange.sent = payload_.size();
            Task<> work = send_all();
            co_await std::move(work);
        }
    } catch (
        const std::exception& error) {  // boundary: the answer has begun, so it can only be cut
        core_.observer.on_request_failed(exchange.request, exchange.endpoint->pattern,
                                         error.what());
        reset();
    } catch (const Cancelled&) {
        reset();
        if (scope_.cancelled()) throw;
    }
    payload_ = {};
    end_exchange();
}

// Returns when all is with the kernel, or the connection has failed.
Task<> Connection::send_all() {
    while (!flush()) {
        if (writable_) {
            Sleep turn{std::chrono::nanoseconds(0)};
            co_await turn;
            continue;
        }
        set_expiry(core_.loop.now() + core_.options.write_timeout);
        Wait wait(*this, want_writable);
        co_await wait;
        if (expired_) reset();
    }
}

Task<> Connection::respond_stream(Stream& stream) {
    Exchange& exchange = *exchange_;
    const bool chunked = exchange.framing == ResponseFraming::chunked;
    const std::optional<std::uint64_t> promised = stream.length();
    std::size_t since_turn = 0;
    while (!failed_) {
        set_expiry(core_.loop.now() + kNever);
        if (has_unsent()) flush();  // before a wait that may be long
        std::optional<std::string_view> piece;
        {
            Task<std::optional<std::string_view>> pull = stream.next();
            auto pulled = run_in(*exchange.scope, pull);
            piece = co_await pulled;
        }
        if (!piece) break;
        if (piece->empty()) continue;
        exchange.sent += piece->size();
        if (promised && exchange.sent > *promised)
            throw Error("a response stream has more bytes than its length() said");
        if (chunked) write_chunk_size(out(), piece->size());
        if (piece->size() <= kCopiedPiece)
            out().append(*piece);
        else
            payload_ = *piece;
        if (!payload_.empty()) {
            Task<> sent = send_all();
            co_await std::move(sent);
        }
        if (chunked) out().append(kChunkEnd);
        Task<> sent = send_all();
        co_await std::move(sent);
        since_turn += piece->size();
        if (since_turn < kTurn) continue;
        since_turn = 0;
        Sleep turn{std::chrono::nanoseconds(0)};
        co_await turn;
    }
    if (failed_) co_return;
    if (promised && exchange.sent != *promised)
        throw Error("a response stream has fewer bytes than its length() said");
    if (chunked) out().append(kLastChunk);
}

Task<> Connection::respond_file(FileRange& range) {
    Exchange& exchange = *exchange_;
    Task<> head = send_all();
    co_await std::move(head);
    while (!failed_ && exchange.sent < range.length) {
        auto offset = static_cast<off_t>(range.offset + exchange.sent);
        const std::size_t size = std::min<std::uint64_t>(range.length - exchange.sent, kTurn);
        const ssize_t sent = ::sendfile(socket_.get(), range.file.get(), &offset, size);
        if (sent > 0) {
            exchange.sent += static_cast<std::uint64_t>(sent);
            Sleep turn{std::chrono::nanoseconds(0)};
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
        set_expiry(core_.loop.now() + core_.options.write_timeout);
        Wait wait(*this, want_writable);
        co_await wait;
        if (expired_) reset();
    }
}

Task<> Connection::respond_upgrade(Upgrade& upgrade) {
    closing_ = lingers_ = true;
    Task<> head = send_all();
    co_await std::move(head);
    set_expiry(core_.loop.now() + kNever);
    UpgradedConnection connection(*this);
    Task<> run = upgrade.run(connection);
    auto running = run_in(*exchange_->scope, run);
    co_await running;
}

Task<std::string_view> UpgradedConnection::read() {
    Connection& connection = connection_;
    connection.input_.remove_prefix(given_);
    given_ = 0;
    while (connection.input_.empty()) {
        Wait wait(connection, Connection::want_readable);
        co_await wait;
        if (connection.failed_) throw Error("the upgraded connection broke");
        connection.set_expiry(connection.core_.loop.now() + kNever);
        if (!connection.readable_) continue;
        if (connection.receive(Connection::Into::rest) == Connection::Received::end) break;
    }
    given_ = connection.input_.size();
    co_return connection.input_;
}

Task<> UpgradedConnection::write(std::string_view bytes) {
    connection_.payload_ = bytes;
    Task<> sent = connection_.send_all();
    co_await std::move(sent);
    if (connection_.failed_) throw Error("the upgraded connection broke");
    connection_.set_expiry(connection_.core_.loop.now() + kNever);
}

}  // namespace troika::http::detail
