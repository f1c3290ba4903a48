#include <troika/http/server/detail/connection.hpp>

#include <algorithm>

// Ends that come from outside while the connection waits: the client has gone, the server drains.
namespace troika::http::detail {

bool Connection::cancels_when_gone() const noexcept {
    switch (exchange_->endpoint->on_client_gone) {
        case OnClientGone::cancel: return true;
        case OnClientGone::finish: return false;
        case OnClientGone::by_method: break;
    }
    const Method method = exchange_->request.method();
    return method == Method::get || method == Method::head;
}

void Connection::client_gone() noexcept {
    if (!in_request() || !exchange_->scope) return;
    // Once the answer has begun there is nothing left that must be finished.
    if (!exchange_->response && !cancels_when_gone()) return;
    failed_ = true;
    exchange_->scope->cancel(CancelReason::client_gone);
}

void Connection::drain() noexcept {
    if (waiter_ == nullptr) return;
    if (phase_ == Phase::idle) {
        // Not ended here: the coroutine looks once more whether a request has come.
        readable_ = true;
        std::exchange(waiter_, nullptr)->resume_in_turn();
    } else if (phase_ == Phase::head || phase_ == Phase::body) {
        set_expiry(std::min(expiry_, core_.loop.now() + core_.options.half_sent_silence));
    }
}

std::optional<std::string_view> Connection::cancel_request(CancelReason reason) noexcept {
    if (!in_request() || !exchange_->scope) return std::nullopt;
    exchange_->cut = true;
    exchange_->scope->cancel(reason);
    return exchange_->endpoint->pattern;
}

}  // namespace troika::http::detail
