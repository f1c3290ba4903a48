#include <troika/async/event.hpp>
#include <troika/base/check.hpp>
#include <troika/http/server/detail/acceptor.hpp>
#include <troika/http/server/detail/connection.hpp>
#include <troika/http/server/detail/connection_limit.hpp>
#include <troika/http/server/server.hpp>

namespace troika::http {

namespace {

Observer& nobody() noexcept {
    static Observer none;  // stateless
    return none;
}

// Now, because it depends on what else is open.
void limit_connections(detail::ServerCore& core) {
    const std::size_t possible = detail::connection_limit_now(core.open());
    const std::size_t wanted = core.options.max_connections;
    core.max_connections = wanted > 0 ? wanted : possible;
    if (wanted <= possible) return;
    core.observer.on_trouble("max_connections is " + std::to_string(wanted) +
                             ", but the descriptor limit (ulimit -n) leaves room for " +
                             std::to_string(possible));
}

}  // namespace

struct Server::State {
    State(EventLoop& loop, Resolve resolve, const ServerOptions& options, Observer& observer,
          MapError map_error)
        : core(loop, Pipeline(std::move(resolve), std::move(map_error), &observer), options,
               observer) {}

    detail::ServerCore core;
    std::vector<std::unique_ptr<detail::Acceptor>> acceptors;
    Event all_closed;
};

Server::Server(EventLoop& loop, Resolve resolve, const ServerOptions& options, Observer* observer,
               MapError map_error)
    : state_(std::make_unique<State>(loop, std::move(resolve), options,
                                     observer != nullptr ? *observer : nobody(),
                                     std::move(map_error))) {
    State& state = *state_;
    state.core.on_closed = [&state] {
        if (state.core.open() == 0) state.all_closed.set();
        for (const auto& acceptor : state.acceptors) acceptor->on_room();
    };
}

Server::~Server() = default;

void Server::listen(UniqueFd listener) {
    limit_connections(state_->core);
    state_->acceptors.push_back(
        std::make_unique<detail::Acceptor>(state_->core, std::move(listener)));
}

void Server::set_limits(const ServerOptions& options) noexcept {
    ServerOptions& ours = state_->core.options;
    ours.body_limit = options.body_limit;
    ours.body_rate = options.body_rate;
    ours.body_grace = options.body_grace;
    ours.handler_deadline = options.handler_deadline;
    ours.head_timeout = options.head_timeout;
    ours.idle_timeout = options.idle_timeout;
    ours.idle_when_full = options.idle_when_full;
    ours.requests_per_connection = options.requests_per_connection;
    ours.max_in_flight = options.max_in_flight;
    ours.max_lag = options.max_lag;
    ours.write_timeout = options.write_timeout;
}

void Server::start_lame_duck() noexcept { state_->core.closing_answers = true; }

Task<> Server::drain() {
    State& state = *state_;
    start_lame_duck();
    for (const auto& acceptor : state.acceptors) acceptor->finish();
    state.acceptors.clear();
    state.core.draining = true;
    for (detail::Connection* at = state.core.first(); at != nullptr; at = at->next()) at->drain();
    while (state.core.open() > 0) {
        state.all_closed.clear();
        auto closed = state.all_closed.wait();
        co_await closed;
    }
}

std::vector<std::string> Server::cancel_requests() {
    std::vector<std::string> cut;
    for (detail::Connection* at = state_->core.first(); at != nullptr; at = at->next()) {
        if (const auto pattern = at->cancel_request(CancelReason::shutdown))
            cut.emplace_back(*pattern);
    }
    return cut;
}

Task<> Server::stop() {
    State& state = *state_;
    state.acceptors.clear();
    start_lame_duck();
    state.core.draining = true;
    state.core.connections.cancel(CancelReason::shutdown);
    Task<> joined = state.core.connections.join();
    co_await std::move(joined);
}

ServerStats Server::stats() const noexcept {
    ServerStats stats;
    stats.connections = state_->core.open();
    stats.max_connections = state_->core.max_connections;
    stats.buffered_bytes = state_->core.bodies.used();
    stats.in_request = state_->core.in_request;
    stats.turns = state_->core.turns.given();
    return stats;
}

}  // namespace troika::http
