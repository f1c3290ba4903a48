#include <troika/async/run_in.hpp>
#include <troika/base/error.hpp>
#include <troika/http/server/detail/upgraded_connection.hpp>

namespace troika::http::detail {

namespace {
constexpr auto kNoExpiry = std::chrono::hours(24);
}

Task<> Connection::respond_upgrade(Upgrade& upgrade) {
    closing_ = lingers_ = true;
    Task<> head = send_all();
    co_await std::move(head);
    set_expiry(core_.loop.now() + kNoExpiry);
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
        connection.set_expiry(connection.core_.loop.now() + kNoExpiry);
        if (!connection.readable_) continue;
        if (connection.turn_ >= Connection::kTurn) {
            Turn turn = connection.next_turn();
            co_await turn;
        }
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
    connection_.set_expiry(connection_.core_.loop.now() + kNoExpiry);
}

}  // namespace troika::http::detail
