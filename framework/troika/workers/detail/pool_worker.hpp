#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/async/timers.hpp>
#include <troika/workers/detail/lease.hpp>
#include <troika/workers/detail/process_job.hpp>
#include <troika/workers/detail/replacement.hpp>
#include <troika/workers/detail/worker_link.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troika::workers::detail {

// One place of a pool and the worker that holds it: at most one job at a time.
//
//   absent ──start()──► starting ──ready──► idle ⇄ busy ──deadline or caller gone──► stopping
//     ▲                    │                  │      │                                  │ grace
//     │ delay              └─────┬────────────┴──────┴───────────── SIGKILL ◄───────────┘
//     └──────── on_gone() ◄──────┘
class PoolWorker final : private Timer, private WorkerLink::Events {
  public:
    enum class State : std::uint8_t { absent, starting, idle, busy, stopping, leaving };

    explicit PoolWorker(ProcessQueue& queue) : queue_(queue) {}

    void start();
    void start_after(Clock::Duration delay);
    // Only while idle. False: the worker is ending; the job was not sent.
    bool run(ProcessJob& job);
    // For an answer that came by mail; and for the last time, nobody will look any more.
    void look() {
        if (has_job()) link_->look();
    }
    void look_away() {
        if (has_job()) link_->look_away();
    }
    void caller_left(CancelReason reason) noexcept;

    // Stopping the pool: the running job is asked to end, and after the grace killed.
    void stop_job() noexcept;
    // No job any more: leave.
    void leave() noexcept;
    // The same, once the running job has ended.
    void retire() noexcept;
    bool retiring() const noexcept { return retiring_ || state_ == State::leaving; }
    // A fresh one is to take over; until then it works on.
    void outdate(RecycleCause cause) noexcept;
    std::optional<RecycleCause> outdated() const noexcept { return outdated_; }

    State state() const noexcept { return state_; }
    bool has_job() const noexcept { return state_ == State::busy || state_ == State::stopping; }
    bool ready() const noexcept { return has_job() || state_ == State::idle; }
    pid_t pid() const noexcept { return link_ ? link_->pid() : -1; }
    // How long the job it has now has been running.
    Clock::Duration busy_for(Clock::TimePoint now) const noexcept;

  private:
    // The job the process works on; `job` is null once its caller has left.
    struct Running {
        std::uint64_t id = 0;
        ProcessJob* job = nullptr;
        std::string name{};  // for the breaker, when the caller has left
        JobStats* stats = nullptr;
        Probe probe{};
        Clock::TimePoint since{};
        Clock::TimePoint deadline = Clock::TimePoint::max();
    };

    void on_due() noexcept override;
    void on_frame(Frame frame) override;
    void on_line(Stream stream, std::string_view line) override;
    void on_gone(const ExitReport& report) override;

    std::exception_ptr deliver_settings();
    void became_ready();
    void finished(Frame frame);
    void look_at_lease();
    void not_there_yet();
    void not_born_yet(std::chrono::milliseconds limit);
    void end_leaving() noexcept;
    Running end_running() noexcept;
    void deadline_passed();
    void ask_to_stop() noexcept;
    void stop_in_grace() noexcept;
    bool lost_job(const ExitReport& report);
    bool left_as_told(const ExitReport& report) const noexcept;
    void arm(Clock::TimePoint due);
    void set_state(State state) noexcept;

    ProcessQueue& queue_;
    std::shared_ptr<WorkerLink> link_;
    pid_t zygote_ = -1;  // was asked for this worker
    State state_ = State::absent;
    Running running_;
    Clock::TimePoint born_{};
    std::uint64_t settings_version_ = 0;
    Lease lease_;
    std::uint64_t jobs_ = 0;  // finished by this process
    std::string last_job_{};  // whose lines may still arrive
    std::optional<RecycleCause> outdated_;
    bool retiring_ = false;
    bool had_job_ = false;
    bool ended_by_us_ = false;
};

}  // namespace troika::workers::detail
