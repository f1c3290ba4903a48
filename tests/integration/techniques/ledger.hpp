#pragma once

#include <archive/sqlite/connection.hpp>

#include <troika/async/mutex.hpp>
#include <troika/async/task.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace fixture {

// Lines in one SQLite file, written by one transaction at a time, whose every step is on a thread.
class Ledger final {
  public:
    explicit Ledger(const std::filesystem::path& file);

    std::uint64_t added() const noexcept { return added_; }  // committed or not
    std::uint64_t commits() const noexcept { return commits_; }
    std::uint64_t rollbacks() const noexcept { return rollbacks_; }

  private:
    friend class Transaction;
    troika::Mutex one_at_a_time_;
    archive::sqlite::Connection database_;
    std::uint64_t added_ = 0;
    std::uint64_t commits_ = 0;
    std::uint64_t rollbacks_ = 0;
};

// For troika::use().
class Transaction final {
  public:
    explicit Transaction(Ledger& ledger) noexcept : ledger_(ledger) {}

    troika::Task<> enter();
    troika::Task<> commit();
    troika::Task<> rollback();

    troika::Task<> add(std::string line);

  private:
    Ledger& ledger_;
    std::optional<troika::Mutex::Lock> lock_;
    bool begun_ = false;
};

}  // namespace fixture
