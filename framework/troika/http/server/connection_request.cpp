#include <troika/http/server/detail/body_stream.hpp>
#include <troika/http/server/detail/connection.hpp>
#include <troika/http/server/detail/forwarded.hpp>

// From the bytes of a head to a request: who answers it is found before the first byte of its body is
// read.
namespace troika::http::detail {

namespace {
constexpr std::size_t kRequest =
    4 * 1024;  // what a request counts of a connection's turn, in bytes
}

// wait: the head is incomplete, or nothing is left.
Connection::Next Connection::parse() {
    while (!input_.empty()) {
        if (!exchange_) exchange_ = core_.take_exchange();
        const HeadResult result = parse_head(input_, core_.options.head, exchange_->request.head());
        if (result.state == HeadResult::State::incomplete) {
            if (result.facts.consumed > 0)
                drop_empty_lines(result.facts.consumed, result.facts.consumed / 2);
            keep_rest();
            return Next::wait;
        }
        if (result.state == HeadResult::State::invalid) return refuse(result.refusal);
        input_.remove_prefix(result.facts.consumed);
        if (result.facts.empty_lines > 0) {
            drop_empty_lines(0, result.facts.empty_lines);
            if (closing_) return Next::wait;
        }
        scanner_.reset();
        exchange_->facts = result.facts;
        return begin_exchange();
    }
    return Next::wait;
}

// They belong to no request: what follows may be silence or a new one.
void Connection::drop_empty_lines(std::size_t bytes, std::size_t lines) {
    input_.remove_prefix(bytes);
    if (scanner_.count_empty_lines(lines) > core_.options.head.empty_lines)
        refuse({Status::bad_request, kTooManyEmptyLines});
}

void Connection::begin_to_answer() noexcept {
    exchange_->active = true;
    ++core_.in_request;
}

Connection::Next Connection::begin_exchange() {
    Exchange& exchange = *exchange_;
    Request& request = exchange.request;
    begin_to_answer();
    turn_ += kRequest;
    exchange.began = core_.poller.now();
    ++requests_;
    exchange.endpoint = &core_.pipeline.resolve(request);
    if (core_.sheds() && !exchange.endpoint->health) exchange.endpoint = &core_.shed();
    const Endpoint& endpoint = *exchange.endpoint;
    request.set_peer(peer_);
    if (behind_proxy_) take_forwarded(request, core_.options.trusted_proxies);
    request.set_id_source(core_.ids);
    request.set_route(endpoint.pattern);
    exchange.scope.emplace(scope_, endpoint.pattern);
    exchange.scope->set_context(&request);
    core_.observer.on_request_began(request);
    const bool has_body = exchange.facts.framing != Framing::none;
    // A handler that reads a stream gets one, also when nothing is in it.
    return has_body || endpoint.body == BodyMode::stream ? begin_body() : Next::handle;
}

Connection::Next Connection::begin_body() {
    Exchange& exchange = *exchange_;
    Request& request = exchange.request;
    const Endpoint& endpoint = *exchange.endpoint;
    const std::size_t limit = endpoint.limits.body.value_or(core_.options.body_limit);
    exchange.continue_wanted = exchange.facts.expects_continue;
    if (endpoint.body == BodyMode::none) {
        exchange.body_unread = true;
        const bool in_chunks = exchange.facts.framing == Framing::chunked;
        exchange.decoder = BodyDecoder(
            exchange.facts, in_chunks ? core_.options.discard_limit : exchange.facts.length);
        return Next::handle;
    }
    exchange.decoder = BodyDecoder(exchange.facts, limit);
    if (exchange.decoder.failed()) return refuse(exchange.decoder.refusal());
    if (endpoint.body == BodyMode::stream) {
        keep_rest();
        exchange.body_unread = true;
        exchange.body_left_at = core_.poller.now();
        exchange.body_expiry = exchange.body_left_at + core_.options.body_grace;
        request.body() = RequestBody(std::make_unique<BodyStream>(*this));
        return Next::handle;
    }
    if (!input_.empty()) exchange.continue_wanted = false;
    exchange.share.rest = exchange.decoder.known_rest();
    exchange.share.in_chunks = exchange.facts.framing == Framing::chunked;
    exchange.share.health = endpoint.health;
    if (!core_.bodies.fits(exchange.share)) {
        core_.observer.on_limit(Limit::body_room);
        return refuse({Status::service_unavailable, "the body is larger than all bodies may be"});
    }
    if (!take_room()) return Next::receive;
    switch (decode_available()) {
        case Decoded::done: return Next::handle;
        case Decoded::refused: return Next::wait;
        case Decoded::more: break;
    }
    return Next::receive;
}

}  // namespace troika::http::detail
