#include <troika/workers/detail/process_queue.hpp>

#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/observe/metrics_delta.hpp>
#include <troika/workers/arguments.hpp>
#include <troika/workers/detail/bounded.hpp>
#include <troika/workers/detail/log_bridge.hpp>
#include <troika/workers/remote_error.hpp>
#include <troika/workers/usable_cpus.hpp>

#include <algorithm>
#include <random>
#include <utility>

//   submit ──► breaker ──► idle worker? ──yes──► run
//                              │no                ▲
//                              └──► queue ────────┘ worker_idle, worker_ready
//
// A worker that is gone is replaced as Replacement says; a job that had not started on it comes
// back to the head of the queue.

namespace troika::workers::detail {
namespace {

ProcessPoolOptions checked(ProcessPoolOptions options) {
    const auto check = [&options](std::chrono::milliseconds& duration, const char* name) {
        if (duration.count() < 0)
            throw Error("process pool " + options.name + ": " + name + " is below 0");
        duration = bounded(duration);
    };
    check(options.queue_wait, "queue_wait");
    check(options.job_deadline, "job_deadline");
    check(options.stop_grace, "stop_grace");
    check(options.birth_timeout, "birth_timeout");
    check(options.start_timeout, "start_timeout");
    return options;
}

std::chrono::seconds whole_seconds(Clock::Duration duration) {
    return std::max(std::chrono::ceil<std::chrono::seconds>(duration), std::chrono::seconds(1));
}

}  // namespace

ProcessQueue::ProcessQueue(EventLoop& loop, ProcessPoolOptions options)
    : loop_(loop),
      options_(checked(std::move(options))),
      refusals_(loop.timers(), "a pool refused jobs", options_.name),
      late_(loop.timers(), "jobs passed their deadline", options_.name),
      leases_(options_.recycle, std::random_device{}()),
      spin_(usable_cpus() > 1 ? options_.spin : std::chrono::microseconds(0)),
      lookout_(loop, spin_, this) {
    if (options_.processes <= 0) options_.processes = usable_cpus();
    if (!options_.zygote) options_.zygote = Zygote::process_wide();
    if (!options_.zygote) {
        throw Error("process pool " + options_.name +
                    ": no zygote; call Zygote::start() before the first thread");
    }
    watch_ = std::make_shared<ZygoteWatch>(loop, options_.zygote);
    watch_->refresh();
    quiet_.set();
    settings_ = options_.settings;
    for (int i = 0; i < options_.processes; ++i) {
        workers_.push_back(std::make_unique<PoolWorker>(*this));
    }
    for (const auto& worker : workers_) worker->start();
}

std::optional<std::string> ProcessQueue::start(WorkerLink& link) {
    auto problem = link.start(*options_.zygote, options_.worker_start, settings_);
    watch_->refresh();
    return problem;
}

void ProcessQueue::submit(ProcessJob& job) {
    job.stats = &stats_of(job.ref.name);
    if (stopping_) {
        job.stats->outcomes.count(JobOutcome::stopped);
        throw Stopped("process pool " + options_.name + " is stopping");
    }
    if (job.options.deadline.count() < 0) {
        job.stats->outcomes.count(JobOutcome::timed_out);
        throw TimeoutError("job " + std::string(job.ref.name) + ": its deadline is below 0");
    }
    if (all_absent_for_good()) refuse(job, JobOutcome::no_worker, no_worker_left());
    admit(job);
    ++job.stats->submitted;
    job.queued_at = loop_.now();
    const auto wait =
        job.options.queue_wait.count() != 0 ? job.options.queue_wait : options_.queue_wait;
    job.expires_at = job.queued_at + bounded(wait);
    quiet_.clear();
    if (!give_to_idle(job)) enqueue(job, queue_.end());
}

// Refuses what the breaker holds back and what no queue has room for.
void ProcessQueue::admit(ProcessJob& job) {
    if (idle_.empty() && queue_.size() >= options_.queue_limit) {
        refuse(job, JobOutcome::queue_full,
               Overloaded("process pool " + options_.name + ": " + std::to_string(queue_.size()) +
                              " jobs are waiting",
                          std::chrono::seconds(1)));
    }
    if (breakers_.empty()) return;
    const auto found = breakers_.find(job.ref.name);
    if (found == breakers_.end()) return;
    const Breaker::Verdict verdict = found->second->admit(loop_.now());
    if (verdict == Breaker::Verdict::probe) job.probe = Probe(found->second);
    if (verdict != Breaker::Verdict::refuse) return;
    refuse(job, JobOutcome::suspended,
           Overloaded("job " + std::string(job.ref.name) +
                          " is suspended: it has killed its worker again and again",
                      whole_seconds(found->second->retry_after(loop_.now())),
                      Overloaded::Cause::suspended));
}

void ProcessQueue::refuse(ProcessJob& job, JobOutcome outcome, Overloaded error) {
    job.stats->outcomes.count(outcome);
    throw logged(std::move(error));
}

bool ProcessQueue::give_to_idle(ProcessJob& job) {
    while (!idle_.empty()) {
        PoolWorker& worker = *idle_.back();
        idle_.pop_back();
        const auto waited = loop_.now() - job.queued_at;
        JobStats* const job_stats = job.stats;
        if (!worker.run(job)) continue;
        job_stats->wait.add(waited);
        return true;
    }
    return false;
}

void ProcessQueue::enqueue(ProcessJob& job, std::list<ProcessJob*>::iterator place) {
    job.place = queue_.insert(place, &job);
    ++job.stats->depth;
    loop_.job_began();
    watch_queue(job.expires_at);
}

void ProcessQueue::watch_queue(Clock::TimePoint expires_at) {
    if (pending() && next_look_ <= expires_at) return;
    next_look_ = expires_at;
    loop_.timers().add(*this, expires_at);
}

void ProcessQueue::dequeue(ProcessJob& job) noexcept {
    queue_.erase(job.place);
    --job.stats->depth;
    loop_.job_ended();
}

void ProcessQueue::withdraw(ProcessJob& job) noexcept {
    dequeue(job);
    job.stats->wait.add(loop_.now() - job.queued_at);
    job.probe = {};
    update_events();
}

void ProcessQueue::worker_ready(PoolWorker& worker, Clock::Duration birth) {
    stats_.birth.add(birth);
    if (!zygote_problem_.empty() && !zygote_is_gone()) zygote_problem_.clear();  // it goes on
    if (stopping_ && queue_.empty()) return worker.leave();
    worker_idle(worker);
    roll_on();
}

void ProcessQueue::worker_idle(PoolWorker& worker) {
    idle_.push_back(&worker);
    if (!queue_.empty()) {
        ProcessJob& job = *queue_.front();
        dequeue(job);
        if (!give_to_idle(job)) enqueue(job, queue_.begin());
    }
    update_events();
}

void ProcessQueue::give_back(ProcessJob& job) {
    ++stats_.requeued;
    if (!give_to_idle(job)) enqueue(job, queue_.begin());
}

void ProcessQueue::worker_gone(PoolWorker& worker, const ExitReport& report, Ending ending,
                               Replacement::Moment moment) {
    std::erase(idle_, &worker);
    if (report.killed_by_us && ending != Ending::unborn) ++stats_.kills;
    if (ending == Ending::death) {
        if (!report.killed_by_us) ++stats_.crashes[report.signal];
        if (last_words_.empty() || moment == Replacement::Moment::later) {
            last_words_ = "worker " + std::to_string(report.pid) + " died: " + report.reason;
        }
    }
    if (is_spare(worker)) {
        parked_ = &worker;
        roll_on();
    } else if (!stopping_ || !queue_.empty()) {
        const auto delay = ending == Ending::death ? replacement_.died(loop_.now(), moment)
                                                   : Clock::Duration::zero();
        worker.start_after(delay);
    }
    update_events();
}

void ProcessQueue::could_not_start(PoolWorker& worker, const std::string& problem) {
    if (zygote_is_gone()) {
        zygote_problem_ = problem;
        if (all_absent_for_good()) {
            const Overloaded error = no_worker_left();
            for (std::size_t i = 0; i < queue_.size(); ++i) refusals_.happened(error.what());
            fail_all(JobOutcome::no_worker, std::make_exception_ptr(error));
        }
    } else {
        last_words_ = problem;
        const auto delay = replacement_.died(loop_.now(), Replacement::Moment::before_first_job);
        worker.start_after(std::max<Clock::Duration>(delay, Replacement::kFirstDelay));
    }
    update_events();
}

void ProcessQueue::job_survived(std::string_view name) {
    replacement_.finished_a_job();
    if (breakers_.empty()) return;
    const auto found = breakers_.find(name);
    if (found == breakers_.end()) return;
    if (found->second->open())
        log::info("a job is no longer suspended", {{"job", name}, {"pool", options_.name}});
    breakers_.erase(found);
}

void ProcessQueue::job_died(const std::string& name) {
    auto& breaker = breakers_[name];
    if (!breaker) breaker = std::make_shared<Breaker>();
    if (!breaker->died(loop_.now())) return;
    log::error("a job is suspended: it has killed its worker again and again",
               {{"job", name},
                {"pool", options_.name},
                {"deaths", breaker->deaths()},
                {"seconds", whole_seconds(breaker->retry_after(loop_.now())).count()}});
}

std::exception_ptr ProcessQueue::rebuild_error(std::string_view job, ErrorData data) const {
    try {
        rethrow_remote(job, std::move(data));
    } catch (...) {  // boundary: an ErrorCodec throws what it likes
        return std::current_exception();
    }
}

// Every job has its own limit, so whoever has waited too long may be anywhere.
void ProcessQueue::on_due() noexcept {
    const auto now = loop_.now();
    const bool ready = any_ready();
    auto next = Clock::TimePoint::max();
    for (auto place = queue_.begin(); place != queue_.end();) {
        ProcessJob& job = **place++;
        if (job.expires_at > now) {
            next = std::min(next, job.expires_at);
            continue;
        }
        dequeue(job);
        job.stats->wait.add(now - job.queued_at);
        const auto acting = job.acting();
        const auto waited =
            std::chrono::duration_cast<std::chrono::milliseconds>(job.expires_at - job.queued_at);
        job.fail(
            JobOutcome::waited_too_long,
            std::make_exception_ptr(logged(Overloaded(
                "process pool " + options_.name + ": no worker was free in " +
                    std::to_string(waited.count()) + " ms" + (ready ? "" : ", and none is alive"),
                std::chrono::seconds(1), Overloaded::Cause::waited_too_long))));
    }
    if (next != Clock::TimePoint::max()) watch_queue(next);
    update_events();
}

void ProcessQueue::look() {
    // By number: an answer may end a lease, whose successor needs one place more.
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->look();
}

void ProcessQueue::look_away() noexcept {
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->look_away();
}

void ProcessQueue::set_settings(std::string settings) {
    settings_ = std::move(settings);
    ++settings_version_;
}

bool ProcessQueue::empty() const noexcept {
    return std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) {
        return worker->state() == PoolWorker::State::absent;
    });
}

Overloaded ProcessQueue::logged(Overloaded error) {
    refusals_.happened(error.what());
    return error;
}

void ProcessQueue::update_events() noexcept {
    const bool busy = std::any_of(workers_.begin(), workers_.end(),
                                  [](const auto& worker) { return worker->has_job(); });
    if (queue_.empty() && !busy) quiet_.set();
    const auto ready = std::count_if(workers_.begin(), workers_.end(),
                                     [](const auto& worker) { return worker->ready(); });
    if (ready >= options_.processes) {
        all_ready_.set();
    } else {
        all_ready_.clear();
    }
    if (stopping_ && empty()) {
        loop_.timers().cancel(*this);
        refusals_.stop();
        late_.stop();
        watch_->stop();
        lookout_.close();
        workers_gone_.set();
    }
}

}  // namespace troika::workers::detail
