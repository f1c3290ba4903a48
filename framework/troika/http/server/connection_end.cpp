#include <troika/base/error.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/server/detail/connection.hpp>

#include <sys/socket.h>

#include <algorithm>

// How connections end: a request is refused, the peer is too slow or gone, the server drains; and how the
// last answer reaches a peer that is still sending.
namespace troika::http::detail {

// Answers what cannot be a request of ours, or not now; then the connection is closed.
Connection::Next Connection::refuse(const Refusal& refusal) {
    closing_ = lingers_ = cut_short_ = true;
    const bool understood = in_request();
    if (!understood) {
        begin_to_answer();
        exchange_->began = core_.loop.now();
        exchange_->request.recycle();
        exchange_->facts = {};
    }
    const std::string_view id = exchange_->request.id();
    std::string text(refusal.text);
    switch (refusal.status) {
        case Status::request_timeout:
            core_.observer.on_limit(understood ? Limit::body_time : Limit::head_time);
            break;
        case Status::content_too_large: core_.observer.on_limit(Limit::body_size); break;
        case Status::uri_too_long:
        case Status::request_header_fields_too_large:
            core_.observer.on_limit(Limit::head_size);
            break;
        default: break;
    }
    if (refusal.status == Status::content_too_large && understood) {
        const std::size_t limit =
            exchange_->endpoint->limits.body.value_or(core_.options.body_limit);
        text += ": this route takes " + std::to_string(limit) + " bytes";
    }
    Response response = problem(refusal.status, text, id);
    if (refusal.status == Status::service_unavailable) response.headers().add("retry-after", "1");
    answer_with(std::move(response));
    return Next::wait;
}

// What failed before the handler was called: no memory, or a memory file that must not grow.
void Connection::give_up(const std::exception_ptr& error) {
    const bool can_answer = in_request() && exchange_->endpoint != nullptr && !exchange_->response;
    if (!can_answer) std::rethrow_exception(error);
    Refusal refusal{Status::internal_server_error, "the request could not be received"};
    try {
        std::rethrow_exception(error);
    } catch (const IoError& failed) {
        refusal = {Status::insufficient_storage, "the body could not be stored"};
        core_.observer.on_request_failed(exchange_->request, exchange_->endpoint->pattern,
                                         failed.what());
    } catch (const std::exception& failed) {
        core_.observer.on_request_failed(exchange_->request, exchange_->endpoint->pattern,
                                         failed.what());
    }
    refuse(refusal);
}

void Connection::on_expired_wait() {
    expired_ = false;
    switch (phase_) {
        case Phase::idle:
            closing_ = !core_.draining;  // prepare_to_wait() knows
            if (closing_)
                core_.observer.on_limit(made_way_ ? Limit::connections : Limit::idle_time);
            break;
        case Phase::head:
            if (core_.draining && !cut_) {
                closing_ = true;
                break;
            }
            if (discarding_) {  // answered already
                discarding_ = false;
                closing_ = lingers_ = cut_short_ = true;
                core_.observer.on_limit(Limit::body_time);
                break;
            }
            if (!exchange_) exchange_ = core_.take_exchange();
            if (cut_)
                refuse({Status::service_unavailable, kStopping});
            else
                refuse({Status::request_timeout, "the head came too slowly"});
            break;
        case Phase::writing: reset_if_stuck(); break;
        case Phase::body:
        case Phase::handler:
        case Phase::producing:
        case Phase::lingering: break;
    }
}

// RFC 9112 9.6: closing while the peer still sends would make its kernel throw our last answer away. In a
// drain this is only for peers of whom something is unread, or is known to be on its way.
Task<> Connection::linger() {
    phase_ = Phase::lingering;
    ::shutdown(socket_.get(), SHUT_WR);
    set_expiry(core_.loop.now() + core_.options.linger);
    if (core_.draining) readable_ = true;  // perhaps: asked below
    std::size_t read = 0;
    while (!expired_ && !failed_ && read < core_.options.linger_limit) {
        if (core_.draining && !cut_short_ && !readable_) break;
        Wait wait(*this, want_readable);
        co_await wait;
        input_ = {};
        if (!readable_) continue;
        if (receive() == Received::end) break;
        read += input_.size();
        Turn turn = next_turn();
        co_await turn;
    }
}

// The peer sees a reset instead of an end: what it got was not all.
void Connection::reset() noexcept {
    const ::linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    failed_ = true;
}

// Whether what is being done goes on without its client: a handler, or an answer that a generator with an end
// still works at.
bool Connection::finishes_alone() const noexcept {
    if (cancels_when_gone(*exchange_->endpoint, exchange_->request.method())) return false;
    if (exchange_->cut) return false;
    if (!exchange_->response) return true;
    const auto* const stream = std::get_if<std::unique_ptr<Stream>>(&exchange_->response->body());
    return stream != nullptr && !(*stream)->endless();
}

// The same once nothing can be sent any more. No slow client holds it up now, so it has a deadline again.
bool Connection::goes_on_unheard() noexcept {
    Exchange& exchange = *exchange_;
    if (!finishes_alone() || exchange.scope->cancelled()) return false;
    if (std::exchange(exchange.unheard, true)) return true;
    exchange.deadline = core_.loop.now() +
                        exchange.endpoint->limits.deadline.value_or(core_.options.handler_deadline);
    exchange.request.set_deadline(exchange.deadline);
    exchange.scope->move_deadline(exchange.deadline);
    return true;
}

void Connection::client_gone() noexcept {
    if (!in_request() || !exchange_->scope) return;
    if (finishes_alone()) {
        if (failed_ && phase_ == Phase::producing && goes_on_unheard()) expect_silence();
        return;
    }
    failed_ = true;
    exchange_->scope->cancel(CancelReason::client_gone);
}

std::optional<Clock::TimePoint> Connection::idle_since() const noexcept {
    if (phase_ != Phase::idle || waiter_ == nullptr || readable_) return std::nullopt;
    return last_activity_;
}

bool Connection::make_way() noexcept {
    char unread = 0;
    if (::recv(socket_.get(), &unread, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return false;
    expired_ = made_way_ = true;
    std::exchange(waiter_, nullptr)->resume_in_turn();
    return true;
}

void Connection::drain() noexcept {
    if (phase_ == Phase::producing && endless_stream() != nullptr)
        return exchange_->scope->cancel(CancelReason::shutdown);
    if (waiter_ == nullptr) return;
    if (phase_ == Phase::idle || phase_ == Phase::lingering) {
        // Not ended here: the coroutine looks once more whether anything has come.
        readable_ = true;
        std::exchange(waiter_, nullptr)->resume_in_turn();
    } else if (phase_ == Phase::head || phase_ == Phase::body ||
               (in_request() && exchange_->awaits_body)) {
        set_expiry(std::min(expiry_, core_.loop.now() + core_.options.half_sent_silence));
    }
}

std::optional<std::string_view> Connection::cancel_request(CancelReason reason) noexcept {
    if (phase_ == Phase::head && waiter_ != nullptr && !input_.empty() && !discarding_) {
        cut_ = expired_ = true;
        std::exchange(waiter_, nullptr)->resume_in_turn();
        return "none";
    }
    if (!in_request() || !exchange_->scope) return std::nullopt;
    exchange_->cut = true;
    exchange_->scope->cancel(reason);
    // The body is received outside that scope.
    if (phase_ == Phase::body && waiter_ != nullptr)
        std::exchange(waiter_, nullptr)->resume_in_turn();
    return exchange_->endpoint->pattern;
}

}  // namespace troika::http::detail
