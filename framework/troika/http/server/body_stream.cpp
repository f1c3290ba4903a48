#include <troika/base/scope_exit.hpp>
#include <troika/http/server/detail/body_stream.hpp>

// A body that its handler reads as it arrives: the socket is read when the handler asks, so a handler that
// does not ask stops its client.
namespace troika::http::detail {

// For a body that is streamed to its handler. The handler's deadline stands still meanwhile, and the
// limits of slow bodies count only while it wants to read.
Task<> Connection::wait_for_stream_bytes() {
    Exchange& exchange = *exchange_;
    const Clock::TimePoint began = core_.loop.now();
    exchange.awaits_body = true;
    const ScopeExit no_longer([this, began] { resume_deadline(began); });
    exchange.body_expiry += began - exchange.body_left_at;
    Task<> sent = send_continue();
    co_await std::move(sent);
    Received received = Received::nothing;
    while (received == Received::nothing && !failed_) {
        const bool waits = !readable_;
        set_expiry(extend_body_expiry());
        Wait wait(*this, want_readable);
        co_await wait;
        if (readable_ && (turn_ >= kTurn || (waits && is_large_body()))) {
            Turn turn = next_turn();
            co_await turn;
        }
        if (readable_) {
            received = receive(Into::rest);
        } else if (expired_) {
            exchange.facts.keep_alive = false;
            core_.observer.on_limit(Limit::body_time);
            throw HttpError(Status::request_timeout, "the body came too slowly");
        }
    }
    if (received != Received::bytes)
        throw HttpError(Status::bad_request, "the connection ended in the middle of the body");
}

void Connection::resume_deadline(Clock::TimePoint since) noexcept {
    Exchange& exchange = *exchange_;
    const Clock::TimePoint now = core_.loop.now();
    exchange.awaits_body = false;
    exchange.body_left_at = now;
    if (exchange.response) return;  // its stream reads on, without a deadline
    exchange.deadline += now - since;
    exchange.request.set_deadline(exchange.deadline);
    exchange.scope->move_deadline(exchange.deadline);
    set_expiry(exchange.deadline);
}

std::optional<std::uint64_t> BodyStream::length() const {
    const HeadFacts& facts = connection_.exchange_->facts;
    if (facts.framing == Framing::chunked) return std::nullopt;
    return facts.framing == Framing::none ? 0 : facts.length;
}

Task<std::optional<std::string_view>> BodyStream::next() {
    Connection& connection = connection_;
    Exchange& exchange = *connection.exchange_;
    while (true) {
        const std::string_view piece = exchange.decoder.take(connection.input_);
        if (!piece.empty()) co_return piece;
        if (exchange.decoder.failed()) {
            if (exchange.decoder.refusal().status == Status::content_too_large)
                connection.core_.observer.on_limit(Limit::body_size);
            throw HttpError(exchange.decoder.refusal().status,
                            std::string(exchange.decoder.refusal().text));
        }
        if (exchange.decoder.done()) co_return std::nullopt;
        Task<> bytes = connection.wait_for_stream_bytes();
        co_await std::move(bytes);
    }
}

}  // namespace troika::http::detail
