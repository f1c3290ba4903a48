#include <troika/base/scope_exit.hpp>
#include <troika/http/server/detail/connection.hpp>
#include <troika/http/server/detail/forwarded.hpp>

#include <sys/epoll.h>

#include <algorithm>

// One coroutine a connection; advance() does everything that needs no waiting and says what to await next:
//
//   wait ◄── nothing left to parse, all answers sent ──┐
//    │ readable                                        │
//    ▼                                                 │
//   receive() ► parse() ► begin_exchange() ──────► handle ► answer() ──► next pipelined request
//    shared       │            │ body not here        ▲         │ large or streamed
//    buffer       │            ▼                      │         ▼
//                 │         receive_body() ───────────┘      respond()
//                 ▼ refused
//              refuse() ► closing_ ► flush() ► linger() ► end
//
// All complete requests of one read are answered into one output buffer before it is sent. Whenever a
// handler suspends, what is unparsed moves out of the shared buffer and finished answers are sent.
namespace troika::http::detail {

// Starts the handler in the scope of its request, and tells the connection when it suspends.
class Connection::HandlerCall final : public Task<Response>::Awaiter {
    using Base = Task<Response>::Awaiter;

  public:
    HandlerCall(Task<Response>& task, Connection& connection) noexcept
        : Base(task.handle(), &*connection.exchange_->scope), connection_(connection) {}

    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
        outer_ = parent.promise().scope();
        troika::detail::current_scope_cursor = scope_;
        const bool waits = Base::await_suspend(parent);
        troika::detail::current_scope_cursor = outer_;
        if (waits) connection_.handler_suspended();
        return waits;
    }
    void await_resume() {
        troika::detail::current_scope_cursor = outer_;
        connection_.exchange_->response.emplace(Base::await_resume());
    }

  private:
    Connection& connection_;
    Scope* outer_ = nullptr;
};

Connection::Connection(ServerCore& core, UniqueFd socket, Peer peer, Scope& scope)
    : core_(core),
      socket_(std::move(socket)),
      scope_(scope),
      last_activity_(core.loop.now()),
      peer_(peer),
      behind_proxy_(is_trusted(peer, core.options.trusted_proxies)) {
    core_.poller.add(socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
    core_.add(*this);
}

Connection::~Connection() {
    if (in_request()) end_exchange();
    core_.poller.remove(socket_.get(), *this);
    socket_.close();
    core_.remove(*this);
}

Task<> Connection::serve(ServerCore& core, UniqueFd socket, Peer peer) {
    const ScopeExit closed([&core, peer] {
        if (core.options.connections_per_address > 0) core.addresses.leave(peer);
        core.closed();
    });
    try {
        Connection self(core, std::move(socket), peer, *current_scope());
        while (true) {
            std::exception_ptr error;
            Next next = Next::end;
            try {
                next = self.advance();
            } catch (const std::exception&) {
                error = std::current_exception();
            }
            if (error) {
                self.give_up(error);
                continue;
            }
            if (next == Next::end) co_return;
            if (next == Next::wait) {
                self.turn_ = 0;
                Wait wait(self, self.wish_);
                co_await wait;
            } else if (next == Next::take_turns) {
                Turn turn = self.next_turn();
                co_await turn;
            } else if (next == Next::handle) {
                try {
                    Exchange& exchange = *self.exchange_;
                    self.start_deadline();
                    Task<Response> task = exchange.endpoint->handler(exchange.request);
                    HandlerCall call(task, self);
                    co_await call;
                } catch (...) {  // boundary: the error boundary answers
                    error = std::current_exception();
                }
                self.answer(error);
            } else {
                Task<> work = next == Next::receive   ? self.receive_body()
                              : next == Next::respond ? self.respond()
                                                      : self.linger();
                try {
                    co_await std::move(work);
                } catch (const std::exception&) {
                    error = std::current_exception();
                }
                if (error) self.give_up(error);
                if (next == Next::linger) co_return;
            }
        }
    } catch (
        const std::exception& error) {  // boundary: one connection's trouble is not the others'
        core.observer.on_trouble(error.what());
    }
}

Connection::Next Connection::advance() {
    while (true) {
        if (expired_) on_expired_wait();
        // An answer may go on without its client.
        if (failed_ && !(in_request() && exchange_->response)) return Next::end;
        if (in_request()) {
            // Back from receive_body() or respond().
            if (exchange_->response) return Next::respond;
            if (exchange_->cut) refuse({Status::service_unavailable, kStopping});
            if (!closing_) return Next::handle;
        }
        if (closing_) {
            if (flush()) return failed_ || !lingers_ ? Next::end : Next::linger;
            return wait_until_writable();
        }
        if (turn_ >= kTurn) return take_turns();
        if (out_.size() - out_sent_ > core_.options.unsent_limit && !flush())
            return wait_until_writable();
        if (!input_.empty()) {
            if (discarding_) {
                discard_available();
                if (!input_.empty() || closing_) continue;
            } else {
                const Next next = parse();
                if (next != Next::wait) return next;
                if (closing_) continue;
            }
        }
        if (readable_) {
            const Received received = receive();
            if (received == Received::bytes) {
                if (discarding_ || scanner_.worth_parsing(input_, core_.options.head)) continue;
                keep_rest();
                continue;
            }
            if (received == Received::end) closing_ = true;
            continue;
        }
        if (!flush()) return wait_until_writable();
        if (prepare_to_wait()) return Next::wait;
    }
}

// From here, not from the head: a slow upload has limits of its own.
void Connection::start_deadline() {
    Exchange& exchange = *exchange_;
    exchange.deadline = core_.poller.now() +
                        exchange.endpoint->limits.deadline.value_or(core_.options.handler_deadline);
    exchange.request.set_deadline(exchange.deadline);
    exchange.scope->limit_deadline(exchange.deadline);
}

// Nothing to parse and nothing to send. False: something changed, look again.
bool Connection::prepare_to_wait() {
    wish_ = want_readable;
    const bool idle = input_.empty() && !discarding_;
    if (!idle) {
        if (phase_ != Phase::head) last_activity_ = core_.loop.now();
        phase_ = Phase::head;
        Clock::TimePoint expiry = last_activity_ + core_.options.head_timeout;
        if (core_.draining)
            expiry = std::min(expiry, core_.loop.now() + core_.options.half_sent_silence);
        set_expiry(expiry);
        return true;
    }
    phase_ = Phase::idle;
    if (rest_.capacity() > 0) rest_ = Bytes();
    if (exchange_) core_.give_back(std::move(exchange_));
    if (!core_.draining) {
        set_expiry(last_activity_ + core_.options.idle_timeout);
        return true;
    }
    // A request that crossed the last answer on its way is still waited for (RFC 9112 9.3.1): shortly,
    // and for longer while others are being answered, which costs the drain nothing.
    constexpr auto kCrossing = std::chrono::milliseconds(50);
    const Clock::TimePoint now = core_.loop.now();
    const Clock::TimePoint patience =
        last_activity_ + (core_.in_request > 0 ? core_.options.half_sent_silence
                                               : std::chrono::nanoseconds(kCrossing));
    if (now >= patience) {
        closing_ = true;
        return false;
    }
    set_expiry(std::min(patience, now + kCrossing));
    return true;
}

Connection::Next Connection::wait_until_writable() {
    keep_rest();
    phase_ = Phase::writing;
    expect_progress();
    wish_ = want_writable;
    return Next::wait;
}

// What is answered goes out first; nothing of what came before may expire during the turn of others.
Connection::Next Connection::take_turns() {
    if (!flush()) return wait_until_writable();
    keep_rest();
    phase_ = Phase::idle;
    last_activity_ = core_.loop.now();
    set_expiry(last_activity_ + core_.options.idle_timeout);
    return Next::take_turns;
}

void Connection::handler_suspended() {
    phase_ = Phase::handler;
    keep_rest();
    if (has_unsent()) flush();
    if (failed_) client_gone();
    Clock::TimePoint expiry = exchange_->deadline;
    if (peer_ended_) expiry = std::min(expiry, core_.loop.now() + Wheel::kTick);
    set_expiry(expiry);
}

}  // namespace troika::http::detail
