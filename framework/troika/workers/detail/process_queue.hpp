#pragma once

#include <troika/async/event.hpp>
#include <troika/async/timers.hpp>
#include <troika/workers/detail/breaker.hpp>
#include <troika/workers/detail/lookout.hpp>
#include <troika/workers/detail/pool_worker.hpp>
#include <troika/workers/detail/process_job.hpp>
#include <troika/workers/detail/repeated_warning.hpp>
#include <troika/workers/detail/replacement.hpp>
#include <troika/workers/detail/zygote_watch.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/remote_error.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::workers::detail {

// A pool's decisions: who waits, who runs next, when a dead worker is replaced, which job is
// suspended. Everything on the loop thread.
class ProcessQueue final : private Timer, private Lookout::Watched {
  public:
    ProcessQueue(EventLoop& loop, ProcessPoolOptions options);

    // Asked by ProcessJob. submit() throws Overloaded or Stopped.
    void submit(ProcessJob& job);
    void withdraw(ProcessJob& job) noexcept;
    // Told by the pool: a call that ended before it came here.
    void never_submitted(std::string_view job, JobOutcome outcome) {
        stats_of(job).outcomes.count(outcome);
    }

    // Asked by PoolWorker.
    std::optional<std::string> start(WorkerLink& link);
    FrameBuffer& buffer() noexcept { return *buffer_; }
    Leases& leases() noexcept { return leases_; }
    std::chrono::nanoseconds spin() const noexcept { return spin_; }
    Lookout& lookout() noexcept { return lookout_; }
    std::uint32_t next_generation() noexcept { return ++generation_; }
    std::uint64_t next_job_id() noexcept { return ++job_id_; }
    const std::string& settings() const noexcept { return settings_; }
    std::uint64_t settings_version() const noexcept { return settings_version_; }

    // Told by PoolWorker.
    void worker_ready(PoolWorker& worker, Clock::Duration birth);
    void worker_idle(PoolWorker& worker);
    enum class Ending : std::uint8_t {
        unborn,  // its zygote died first
        left,    // somebody asked it to, from outside
        ours,    // we killed it or let it go
        death
    };
    void worker_gone(PoolWorker& worker, const ExitReport& report, Ending ending,
                     Replacement::Moment moment);
    void could_not_start(PoolWorker& worker, const std::string& problem);
    void zygote_asked() { watch_->refresh(); }
    void zygote_hangs() {
        zygote_problem_ = "the zygote does not answer and has no standby: no worker is replaced";
    }
    void give_back(ProcessJob& job);           // to the head of the queue: it did not start
    void job_survived(std::string_view name);  // its worker did, that is
    void job_died(const std::string& name);
    std::exception_ptr rebuild_error(std::string_view job, ErrorData data) const;
    void heard(std::string text) { last_words_ = std::move(text); }
    void log(pid_t pid, std::string_view line);
    void metrics(pid_t pid, std::string_view bytes);
    void printed(pid_t pid, std::string_view job, Stream stream, std::string_view line);
    void recycle(PoolWorker& worker, RecycleCause cause);
    void late(std::string_view what) { late_.happened(what); }  // a job, for its deadline
    void mailed() noexcept { ++stats_.mailed; }

    // Asked by ProcessPool.
    void set_settings(std::string settings);
    void roll();
    // Nothing new; what is asked to end has no more than `limit` for it, where that is not 0.
    void refuse_new(Clock::Duration limit) noexcept {
        stopping_ = true;
        if (limit > Clock::Duration::zero()) stop_limit_ = limit;
    }
    Clock::Duration stop_grace() const noexcept {
        return std::min<Clock::Duration>(options_.stop_grace, stop_limit_);
    }
    bool gave_up() const noexcept { return gave_up_; }  // queued jobs have been failed
    void fail_queued();
    void stop_jobs() noexcept;
    void let_workers_go() noexcept;
    bool empty() const noexcept;  // no worker process left
    bool stopping() const noexcept { return stopping_; }
    Event& quiet() noexcept { return quiet_; }  // nothing queued or running
    Event& workers_gone() noexcept { return workers_gone_; }
    Event& all_ready() noexcept { return all_ready_; }
    std::optional<std::string> not_ready() const;
    std::optional<std::string> not_alive() const;
    ProcessPoolStats stats() const;
    std::uint64_t resident_memory() const;
    EventLoop& loop() const noexcept { return loop_; }
    const ProcessPoolOptions& options() const noexcept { return options_; }

  private:
    void on_due() noexcept override;
    void look() override;
    void look_away() noexcept override;
    void watch_queue(Clock::TimePoint expires_at);
    bool any_ready() const noexcept;
    void admit(ProcessJob& job);
    bool give_to_idle(ProcessJob& job);
    void enqueue(ProcessJob& job, std::list<ProcessJob*>::iterator place);
    void dequeue(ProcessJob& job) noexcept;
    void fail_all(JobOutcome outcome, const std::exception_ptr& error);
    void update_events() noexcept;
    void roll_on();
    bool is_spare(const PoolWorker& worker) const noexcept;
    bool zygote_is_gone() const;
    bool all_absent_for_good() const;
    JobStats& stats_of(std::string_view job);
    Overloaded no_worker_left() const;
    [[noreturn]] void refuse(ProcessJob& job, JobOutcome outcome, Overloaded error);
    Overloaded logged(Overloaded error);

    EventLoop& loop_;
    ProcessPoolOptions options_;
    std::unique_ptr<FrameBuffer> buffer_ = std::make_unique<FrameBuffer>();
    std::shared_ptr<ZygoteWatch> watch_;
    std::vector<std::unique_ptr<PoolWorker>> workers_;  // one place more once a roll has begun
    PoolWorker* parked_ = nullptr;                      // the place that is not wanted now
    std::vector<PoolWorker*> idle_;                     // the last one in is the warmest
    std::list<ProcessJob*> queue_;
    // Of jobs that died since they survived.
    std::map<std::string, std::shared_ptr<Breaker>, std::less<>> breakers_;
    Replacement replacement_;
    RepeatedWarning refusals_;
    RepeatedWarning late_;
    std::string settings_;
    std::string last_words_;
    std::string zygote_problem_;  // empty: workers can be replaced
    Clock::Duration stop_limit_ = Clock::Duration::max();
    bool gave_up_ = false;
    std::uint64_t settings_version_ = 0;
    std::uint64_t job_id_ = 0;
    std::uint32_t generation_ = 0;
    Leases leases_;
    const std::chrono::nanoseconds spin_;
    Lookout lookout_;
    Clock::TimePoint next_look_{};  // at the queue, while a timer is pending
    bool rolling_ = false;
    bool stopping_ = false;
    Event quiet_, workers_gone_, all_ready_;
    ProcessPoolStats stats_;
};

}  // namespace troika::workers::detail
