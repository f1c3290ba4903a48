#include "ledger.hpp"

#include <troika/workers/to_thread.hpp>

#include <chrono>
#include <utility>

namespace fixture {

using troika::Task;

Ledger::Ledger(const std::filesystem::path& file) : database_(file, std::chrono::seconds(5)) {
    database_.execute("PRAGMA journal_mode = WAL");
    database_.execute("CREATE TABLE IF NOT EXISTS entries (line TEXT NOT NULL)");
}

// A thread that has begun is waited for also when this is cancelled, so `begun_` says what is true.
Task<> Transaction::enter() {
    auto lock = co_await ledger_.one_at_a_time_.lock();
    lock_.emplace(std::move(lock));
    auto begin = [this] {
        ledger_.database_.execute("BEGIN IMMEDIATE");
        begun_ = true;
    };
    co_await troika::to_thread(begin);
}

Task<> Transaction::commit() {
    auto commit = [this] {
        ledger_.database_.execute("COMMIT");
        begun_ = false;
    };
    co_await troika::to_thread(commit);
    ++ledger_.commits_;
    lock_.reset();
}

Task<> Transaction::rollback() {
    auto roll_back = [this] { ledger_.database_.execute("ROLLBACK"); };
    if (begun_) co_await troika::to_thread(roll_back);
    ++ledger_.rollbacks_;
    lock_.reset();
}

Task<> Transaction::add(std::string line) {
    auto insert = [this, &line] {
        archive::sqlite::Statement statement =
            ledger_.database_.prepare("INSERT INTO entries (line) VALUES (?1)");
        statement.run(std::string_view(line)).finish();
    };
    co_await troika::to_thread(insert);
    ++ledger_.added_;
}

}  // namespace fixture
