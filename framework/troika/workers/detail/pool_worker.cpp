#include <troika/workers/detail/pool_worker.hpp>

#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/detail/process_queue.hpp>
#include <troika/workers/remote_error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace troika::workers::detail {
namespace {

std::string milliseconds(Clock::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

bool is_end(int error) { return error == EPIPE || error == ECONNRESET; }

IoError send_error(int error, const char* what) {
    return IoError(boost::system::error_code(error, boost::system::system_category()), what);
}

std::exception_ptr died(const std::string& job, const ExitReport& report) {
    return std::make_exception_ptr(WorkerDied({.job = job,
                                               .pid = report.pid,
                                               .signal = report.signal,
                                               .exit_code = report.exit_code,
                                               .reason = report.reason,
                                               .usage = report.usage}));
}

// A death in a job is its caller's error and logged where that ends; nobody else hears of these.
void log_end(const std::string& pool, const ExitReport& report, ProcessQueue::Ending ending) {
    using Ending = ProcessQueue::Ending;
    if (ending == Ending::unborn) return;  // its zygote's death has a line of its own
    const std::string exit = report.signal != 0 ? signal_name(report.signal)
                                                : "status " + std::to_string(report.exit_code);
    if (ending == Ending::death && report.pid < 0) {
        log::warning("a worker could not be forked", {{"pool", pool}, {"reason", report.reason}});
    } else if (ending == Ending::death) {
        log::warning("a worker died outside a job", {{"pool", pool},
                                                     {"worker", report.pid},
                                                     {"reason", report.reason},
                                                     {"exit", exit},
                                                     {"usage", report.usage}});
    } else {
        log::info(
            "a worker left as asked",
            {{"pool", pool}, {"worker", report.pid}, {"reason", report.reason}, {"exit", exit}});
    }
}

}  // namespace

void PoolWorker::set_state(State state) noexcept {
    // A virtual clock must not jump while a process is on its way in, at work or on its way out.
    const auto real_work = [](State s) {
        return s == State::starting || s == State::busy || s == State::leaving;
    };
    if (real_work(state) && !real_work(state_)) queue_.loop().job_began();
    if (!real_work(state) && real_work(state_)) queue_.loop().job_ended();
    state_ = state;
}

void PoolWorker::arm(Clock::TimePoint due) {
    if (due == Clock::TimePoint::max()) {
        queue_.loop().timers().cancel(*this);
    } else {
        queue_.loop().timers().add(*this, due);
    }
}

void PoolWorker::start() {
    had_job_ = false;
    ended_by_us_ = false;
    retiring_ = false;
    born_ = queue_.loop().now();
    generation_ = queue_.next_generation();
    link_ = std::make_shared<WorkerLink>(queue_.loop(), static_cast<WorkerLink::Events&>(*this),
                                         queue_.buffer(), generation_, queue_.options().max_result);
    std::optional<std::string> problem;
    try {
        problem = queue_.start(*link_);
        zygote_ = queue_.options().zygote->stats().zygote;
        settings_version_ = queue_.settings_version();
    } catch (const Error& error) {
        problem = error.what();
    }
    if (problem) {
        link_.reset();
        return queue_.could_not_start(*this, *problem);
    }
    set_state(State::starting);
    arm(born_ + queue_.options().start_timeout);
}

void PoolWorker::start_after(Clock::Duration delay) {
    if (delay <= Clock::Duration::zero()) return start();
    arm(queue_.loop().now() + delay);
}

// Those the worker does not have yet. Null: they are with it, or it is ending.
std::exception_ptr PoolWorker::deliver_settings() {
    if (settings_version_ == queue_.settings_version()) return nullptr;
    try {
        Parcel settings{Payload(queue_.settings()), {}};
        fit_inline(settings);
        const int error = link_->send({.kind = FrameKind::settings}, settings);
        if (error != 0 && !is_end(error)) throw send_error(error, "send settings to a worker");
    } catch (const Error& error) {
        return std::make_exception_ptr(
            Error(std::string("new settings did not reach a worker: ") + error.what()));
    }
    settings_version_ = queue_.settings_version();
    return nullptr;
}

bool PoolWorker::run(ProcessJob& job) {
    if (link_->closing()) return false;
    if (const auto problem = deliver_settings()) {
        job.fail(problem);
        queue_.worker_idle(*this);
        return true;
    }
    const auto now = queue_.loop().now();
    const auto limit =
        job.options.deadline.count() > 0 ? job.options.deadline : queue_.options().job_deadline;
    running_ = {.id = queue_.next_job_id(), .job = &job, .since = now};
    if (limit.count() > 0) running_.deadline = now + limit;
    const auto told = std::min(running_.deadline, job.callers_deadline());
    const FrameHeader header{
        .kind = FrameKind::run,
        .job_id = running_.id,
        .trampoline = reinterpret_cast<std::uint64_t>(job.ref.run),
        .function = reinterpret_cast<std::uint64_t>(job.ref.function),
        .deadline = told == Clock::TimePoint::max()
                        ? 0
                        : std::chrono::nanoseconds(told.time_since_epoch()).count()};
    link_->page().log_level.store(log::level(), std::memory_order_relaxed);
    const int error = link_->send(header, job.input);
    if (is_end(error)) return false;
    if (error != 0) {
        job.fail(std::make_exception_ptr(send_error(error, "send a job to a worker")));
        queue_.worker_idle(*this);
        return true;
    }
    job.worker = this;
    running_.probe = std::move(job.probe);
    set_state(State::busy);
    if (limit.count() > 0) arm(running_.deadline);
    return true;
}

void PoolWorker::on_frame(Frame frame) {
    switch (frame.header.kind) {
        case FrameKind::ready: return became_ready();
        case FrameKind::start_failed:
            return queue_.heard(decode_error(frame.parcel.head.bytes()).text);
        case FrameKind::log: return queue_.log(pid(), frame.parcel.head.bytes());
        case FrameKind::metrics: return queue_.metrics(pid(), frame.parcel.head.bytes());
        default: return finished(std::move(frame));
    }
}

void PoolWorker::became_ready() {
    if (state_ != State::starting) return;
    arm(Clock::TimePoint::max());
    set_state(State::idle);
    queue_.worker_ready(*this, queue_.loop().now() - born_);
}

void PoolWorker::finished(Frame frame) {
    if (!has_job() || frame.header.job_id != running_.id) {
        link_->kill("it answered a job it was not given and was killed");
        return;
    }
    arm(Clock::TimePoint::max());
    had_job_ = true;
    ended_by_us_ = false;
    Running ended = std::exchange(running_, {});
    const bool failed = frame.header.kind == FrameKind::error;
    queue_.job_ended(ended.job != nullptr ? ended.job->ref.name : ended.name, failed,
                     ended.job != nullptr, queue_.loop().now() - ended.since);
    if (ended.job != nullptr && failed) {
        ended.job->fail(
            queue_.rebuild_error(ended.job->ref.name, decode_error(frame.parcel.head.bytes())));
    } else if (ended.job != nullptr) {
        ended.job->succeed(std::move(frame.parcel));
    }
    set_state(State::idle);
    if (retiring_) return leave();
    queue_.worker_idle(*this);
}

// The running job is nobody's any more. It is asked to end; only a deadline or a shutdown kills it.
void PoolWorker::caller_left(CancelReason reason) noexcept {
    running_.deadline = std::min(running_.deadline, running_.job->callers_deadline());
    running_.name = running_.job->ref.name;
    running_.job = nullptr;
    ask_to_stop();
    set_state(State::stopping);
    if (reason == CancelReason::deadline || reason == CancelReason::shutdown) {
        stop_in_grace();
    } else {
        arm(running_.deadline);
    }
}

void PoolWorker::ask_to_stop() noexcept {
    link_->page().stop_requested.store(running_.id, std::memory_order_relaxed);
}

void PoolWorker::stop_in_grace() noexcept {
    ended_by_us_ = true;
    arm(queue_.loop().now() + queue_.options().stop_grace);
}

void PoolWorker::stop_job() noexcept {
    ask_to_stop();
    stop_in_grace();
}

void PoolWorker::deadline_passed() {
    const auto allowed = running_.deadline - running_.since;
    ask_to_stop();
    if (running_.job != nullptr) {
        running_.name = running_.job->ref.name;
        queue_.timed_out();
        running_.job->fail(std::make_exception_ptr(
            TimeoutError("job " + running_.name + ": not finished in " + milliseconds(allowed))));
        running_.job = nullptr;
    }
    set_state(State::stopping);
    stop_in_grace();
}

void PoolWorker::on_due() noexcept {
    switch (state_) {
        case State::absent: return start();
        case State::starting:
            return kill("it was not ready after " + milliseconds(queue_.options().start_timeout));
        case State::busy:
        case State::stopping:
            if (!ended_by_us_) return deadline_passed();
            queue_.killed();
            return link_->kill("it did not stop when asked and was killed");
        case State::leaving: queue_.killed(); return kill("it did not leave and was killed");
        case State::idle: return;
    }
}

// A worker that was asked for and is not there yet: its zygote hangs.
void PoolWorker::kill(std::string reason) noexcept {
    link_->kill(std::move(reason));
    if (pid() < 0) queue_.options().zygote->give_up(zygote_);
}

void PoolWorker::leave() noexcept {
    if (state_ == State::absent || state_ == State::leaving) {
        queue_.loop().timers().cancel(*this);
        return;
    }
    set_state(State::leaving);
    link_->close_gently();
    arm(queue_.loop().now() + queue_.options().stop_grace);
}

void PoolWorker::retire() noexcept {
    retiring_ = true;
    if (!has_job()) leave();
}

void PoolWorker::on_gone(const ExitReport& report) {
    arm(Clock::TimePoint::max());
    const State before = state_;
    const bool lost = has_job();
    const bool told = lost && lost_job(report);
    const auto gone = std::exchange(link_, nullptr);
    set_state(State::absent);
    using Ending = ProcessQueue::Ending;
    Ending ending = Ending::death;
    if (report.pid < 0 && report.reason == "it was never born") {
        ending = Ending::unborn;
    } else if (before == State::leaving || ended_by_us_) {
        ending = Ending::ours;
    } else if (report.clean() && before != State::starting && !(lost && running_.id != 0)) {
        ending = Ending::left;
    }
    running_ = {};
    if (!told && !(ending == Ending::ours && queue_.stopping())) {
        log_end(queue_.options().name, report, ending);
    }
    queue_.worker_gone(
        *this, report, ending,
        had_job_ ? Replacement::Moment::later : Replacement::Moment::before_first_job);
}

// Leaves running_.id set when the job had started, so that its end is a death. True: its caller was
// told of that.
bool PoolWorker::lost_job(const ExitReport& report) {
    const bool started = link_->page().started.load(std::memory_order_acquire) == running_.id;
    ProcessJob* const job = std::exchange(running_.job, nullptr);
    if (!started) {
        running_.id = 0;
        if (job == nullptr) return false;
        job->worker = nullptr;
        if (job->requeued) {
            job->fail(died(std::string(job->ref.name), report));
            return true;
        }
        job->requeued = true;
        job->probe = std::move(running_.probe);
        queue_.give_back(*job);
        return false;
    }
    had_job_ = true;
    const std::string name(job != nullptr ? job->ref.name : std::string_view(running_.name));
    // Our kill says nothing of a job, but a probe that had to be killed has not shown it is well.
    const bool failed_probe = running_.probe && !queue_.stopping();
    if (!ended_by_us_ || failed_probe) queue_.job_died(name);
    if (job == nullptr) return false;
    if (queue_.stopping() && ended_by_us_) {
        job->fail(std::make_exception_ptr(
            Stopped("job " + name + ": process pool " + queue_.options().name + " has stopped")));
    } else {
        job->fail(died(name, report));
    }
    return true;
}

}  // namespace troika::workers::detail
