#pragma once

#include <troika/workers/job_outcome.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>

namespace troika::workers::detail {

// A unit of work in a ThreadPool: an intrusive node, owned by whoever submitted it.
class ThreadJob {
  public:
    ThreadJob() = default;
    ThreadJob(const ThreadJob&) = delete;
    ThreadJob& operator=(const ThreadJob&) = delete;

  protected:
    ~ThreadJob() = default;

  private:
    friend class ThreadQueue;
    enum class State : std::uint8_t { fresh, queued, running, done };

    // On a pool thread.
    virtual void execute() noexcept = 0;
    // After execute(): it ended by an exception.
    virtual bool threw() const noexcept = 0;
    // On a pool thread, instead of finished(), when the job was abandoned meanwhile. May delete it.
    virtual void execute_abandoned_end() noexcept {}
    // On the loop thread, after execute(). The job may be gone afterwards.
    virtual void finished() noexcept = 0;
    // On the loop thread: taken out of the queue, never to be executed.
    virtual void failed(std::exception_ptr error) noexcept = 0;
    // On the loop thread, while it runs: what asks it to end, or a source without a state. A copy,
    // because callbacks may do anything, so the request is made when no lock is held.
    virtual std::stop_source stop_source() const noexcept {
        return std::stop_source(std::nostopstate);
    }

    ThreadJob* next_ = nullptr;
    ThreadJob* previous_ = nullptr;
    std::chrono::steady_clock::time_point queued_at_;
    std::chrono::steady_clock::time_point started_at_;
    State state_ = State::fresh;
    std::optional<JobOutcome> cancelled_{};  // while it ran
    bool abandoned_ = false;
};

}  // namespace troika::workers::detail
