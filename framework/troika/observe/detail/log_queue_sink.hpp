#pragma once

#include <troika/observe/detail/log_format.hpp>
#include <troika/observe/detail/log_output.hpp>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace troika::log::detail {

// Lines that never reached the output, and the line that admits it.
class Losses {
  public:
    void add(std::uint64_t count) noexcept { total_ += count; }
    std::uint64_t total() const noexcept { return total_; }

    // What was lost since the last call that returned something; to be written before the next
    // line.
    std::string report(Style style) {
        const std::uint64_t total = total_;
        const std::uint64_t lost = total - reported_.exchange(total);
        if (lost == 0) return {};
        const Field field{"dropped", lost};
        return format_line({Level::warning,
                            std::chrono::system_clock::now(),
                            "log lines were lost: nobody read them in time",
                            {&field, 1}},
                           style);
    }

  private:
    std::atomic<std::uint64_t> total_{0};
    std::atomic<std::uint64_t> reported_{0};
};

inline constexpr std::chrono::hours kPatience{24 * 365};  // give_up() ends it

// Runs on the logger's thread; spdlog hands over finished lines.
class QueueSink final : public spdlog::sinks::sink {
  public:
    QueueSink(int fd, Style style, Losses& losses) : output_(fd), style_(style), losses_(losses) {}

    void log(const spdlog::details::log_msg& message) override {
        take_overruns();
        if (!giving_up_) {
            const std::string report = losses_.report(style_);
            if (!report.empty()) output_.write(report, kPatience);
        }
        const std::string_view line(message.payload.data(), message.payload.size());
        if (giving_up_ || !output_.write(line, kPatience)) losses_.add(1);
        const std::lock_guard lock(mutex_);
        ++handled_;
        moved_.notify_all();
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    void attach(spdlog::details::thread_pool& queue) {
        const std::lock_guard lock(overruns_mutex_);
        queue_ = &queue;
    }
    void detach() {
        take_overruns();
        const std::lock_guard lock(overruns_mutex_);
        queue_ = nullptr;
    }
    void accepted() noexcept { ++accepted_; }

    bool wait_empty(std::chrono::milliseconds limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        const std::uint64_t goal = accepted_;
        std::unique_lock lock(mutex_);
        return moved_.wait_until(lock, until, [&] { return handled_ + take_overruns() >= goal; });
    }
    void give_up() noexcept {
        giving_up_ = true;
        output_.give_up();
    }
    // Lines the queue itself dropped become losses; returns how many it dropped so far. A plain
    // pointer, because a shared one could make the logger's thread the last owner, which would join
    // itself.
    std::uint64_t take_overruns() {
        const std::lock_guard lock(overruns_mutex_);
        if (queue_ == nullptr) return overruns_;
        const std::uint64_t now = queue_->overrun_counter();
        losses_.add(now - overruns_);
        overruns_ = now;
        return now;
    }

  private:
    LogOutput output_;
    const Style style_;
    Losses& losses_;
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<bool> giving_up_{false};
    std::mutex mutex_;
    std::condition_variable moved_;
    std::uint64_t handled_ = 0;
    std::mutex overruns_mutex_;  // may be taken while mutex_ is held
    spdlog::details::thread_pool* queue_ = nullptr;
    std::uint64_t overruns_ = 0;
};

}  // namespace troika::log::detail
