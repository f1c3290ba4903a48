#include <troika/http/server/detail/connection.hpp>

// Answers: small ones are copied behind each other into the output buffer; large bodies, files, streams and
// upgrades are sent by respond(), a coroutine of its own.
namespace troika::http::detail {

namespace {

constexpr std::size_t kCopied = 16 * 1024;  // bodies up to this go into the output buffer
constexpr auto kClientGone = static_cast<Status>(499);  // in records only, never sent

}  // namespace

void Connection::answer(const std::exception_ptr& error) {
    Exchange& exchange = *exchange_;
    if (failed_ && (error || !finishes_alone())) return end_exchange();
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
    const std::size_t most = core_.options.requests_per_connection;
    if (most > 0 && requests_ >= most && context.keep_alive) {
        context.keep_alive = false;
        core_.observer.on_limit(Limit::requests_per_connection);
    }
    context.head = request.method() == Method::head;
    context.date_line = core_.date.current(now);
    if (exchange.facts.has_request_id || request.id_is_made()) context.request_id = request.id();
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
    if (discarding_) exchange.discarded_from = exchange.decoder.taken();
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
    expired_ = false;  // nothing waits for it any more
    end_exchange();
}

// Returns when all is with the kernel, or the connection has failed.
Task<> Connection::send_all() {
    while (!flush()) {
        if (!writable_) {
            expect_progress();
            Wait wait(*this, want_writable);
            co_await wait;
            if (expired_) reset_if_stuck();
        }
        if (payload_.empty()) continue;
        Turn turn = next_turn();
        co_await turn;
    }
}

}  // namespace troika::http::detail
