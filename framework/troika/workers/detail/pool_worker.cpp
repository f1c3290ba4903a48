#include <troika/workers/detail/pool_worker.hpp>

#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/detail/bounded.hpp>
#include <troika/workers/detail/memory_in_use.hpp>
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
    jobs_ = 0;
    last_job_.clear();
    outdated_.reset();
    const WorkerLink::Terms terms{.generation = queue_.next_generation(),
                                  .max_result = queue_.options().max_result,
                                  .reports_memory = queue_.leases().watches_memory(),
                                  .spin = queue_.spin()};
    link_ = std::make_shared<WorkerLink>(queue_.loop(), static_cast<WorkerLink::Events&>(*this),
                                         queue_.buffer(), terms);
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
    arm(born_ + std::min(queue_.options().birth_timeout, queue_.options().start_timeout));
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
        job.fail(JobOutcome::not_sent, problem);
        queue_.worker_idle(*this);
        return true;
    }
    const auto now = queue_.loop().now();
    const auto limit =
        job.options.deadline.count() > 0 ? job.options.deadline : queue_.options().job_deadline;
    const auto deadline = limit.count() > 0 ? now + bounded(limit) : Clock::TimePoint::max();
    const auto chosen = [](std::size_t own, std::size_t pools) { return own > 0 ? own : pools; };
    const std::size_t files = chosen(job.options.max_open_files, queue_.options().max_open_files);
    const auto told = std::min(deadline, job.callers_deadline());
    const FrameHeader header{
        .kind = FrameKind::run,
        .number = static_cast<std::uint32_t>(std::min<std::size_t>(files, 1U << 30)),
        .job_id = queue_.next_job_id(),
        .trampoline = reinterpret_cast<std::uint64_t>(job.ref.run),
        .function = reinterpret_cast<std::uint64_t>(job.ref.function),
        .deadline = told == Clock::TimePoint::max()
                        ? 0
                        : std::chrono::nanoseconds(told.time_since_epoch()).count(),
        .memory = chosen(job.options.max_memory, queue_.options().max_memory)};
    link_->page().log_level.store(log::level(), std::memory_order_relaxed);
    queue_.lookout().began();
    link_->expect_mail(queue_.lookout().looking());
    const int error = link_->send(header, job.input);
    if (error != 0) {
        queue_.lookout().ended();
        if (is_end(error)) return false;
        job.fail(JobOutcome::not_sent,
                 std::make_exception_ptr(send_error(error, "send a job to a worker")));
        queue_.worker_idle(*this);
        return true;
    }
    job.worker = this;
    running_ = {.id = header.job_id,
                .job = &job,
                .stats = job.stats,
                .probe = std::move(job.probe),
                .since = now,
                .deadline = deadline};
    ++running_.stats->running;
    set_state(State::busy);
    arm(running_.deadline);
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
    lease_ = queue_.leases().lease(queue_.loop().now());
    arm(lease_.until);
    set_state(State::idle);
    queue_.worker_ready(*this, queue_.loop().now() - born_);
}

// The running job is over, however it ended.
PoolWorker::Running PoolWorker::end_running() noexcept {
    if (running_.stats != nullptr) {
        --running_.stats->running;
        queue_.lookout().ended();
        running_.stats->run.add(queue_.loop().now() - running_.since);
    }
    return std::exchange(running_, {});
}

Clock::Duration PoolWorker::busy_for(Clock::TimePoint now) const noexcept {
    return has_job() ? now - running_.since : Clock::Duration::zero();
}

void PoolWorker::finished(Frame frame) {
    if (!has_job() || frame.header.job_id != running_.id) {
        link_->kill("it answered a job it was not given and was killed");
        return;
    }
    had_job_ = true;
    ended_by_us_ = false;
    if ((frame.header.flags & kMailed) != 0) queue_.mailed();
    ++jobs_;
    Running ended = end_running();
    const bool failed = frame.header.kind == FrameKind::error;
    const std::string_view name = ended.job != nullptr ? ended.job->ref.name : ended.name;
    last_job_ = name;
    queue_.job_survived(name);
    if (ended.job == nullptr) {
        ++ended.stats->discarded;
    } else if (failed) {
        ended.job->fail(JobOutcome::threw,
                        queue_.rebuild_error(name, decode_error(frame.parcel.head.bytes())));
    } else {
        ended.job->succeed(std::move(frame.parcel));
    }
    set_state(State::idle);
    if (retiring_) return leave();
    look_at_lease();
    arm(outdated_ ? Clock::TimePoint::max() : lease_.until);
    queue_.worker_idle(*this);
}

void PoolWorker::look_at_lease() {
    if (outdated_) return;
    auto cause = Leases::over(lease_, jobs_, queue_.loop().now());
    // The peak is free to ask for; only beyond the limit it matters what is in use now.
    const auto peak = link_->page().peak_memory.load(std::memory_order_relaxed);
    if (!cause && queue_.leases().too_large(peak)) {
        const auto memory = memory_in_use(pid());
        if (memory && queue_.leases().too_large(memory->resident)) cause = RecycleCause::memory;
    }
    if (cause) queue_.recycle(*this, *cause);
}

void PoolWorker::outdate(RecycleCause cause) noexcept {
    if (!outdated_) outdated_ = cause;
    if (state_ == State::idle) arm(Clock::TimePoint::max());
}

void PoolWorker::on_line(Stream stream, std::string_view line) {
    const std::string_view job = running_.job != nullptr  ? running_.job->ref.name
                                 : !running_.name.empty() ? std::string_view(running_.name)
                                                          : std::string_view(last_job_);
    queue_.printed(pid(), job, stream, line);
}

void PoolWorker::deadline_passed() {
    const auto allowed = running_.deadline - running_.since;
    ask_to_stop();
    if (running_.job != nullptr) {
        running_.name = running_.job->ref.name;
        const TimeoutError error("job " + running_.name + ": not finished in " +
                                 milliseconds(allowed));
        {
            const auto acting = running_.job->acting();
            queue_.late(error.what());
        }
        running_.job->fail(JobOutcome::timed_out, std::make_exception_ptr(error));
        running_.job = nullptr;
    }
    set_state(State::stopping);
    stop_in_grace();
}

void PoolWorker::on_due() noexcept {
    switch (state_) {
        case State::absent: return start();
        case State::starting: return not_there_yet();
        case State::busy:
        case State::stopping:
            if (!ended_by_us_) return deadline_passed();
            return link_->kill("it did not stop when asked and was killed");
        case State::leaving: return end_leaving();
        case State::idle: return queue_.recycle(*this, RecycleCause::age);
    }
}

void PoolWorker::not_there_yet() {
    const auto limit = queue_.options().start_timeout;
    const auto birth = queue_.options().birth_timeout;
    // A pool in a hurry does not make the zygote, which serves others too, a hung one.
    if (pid() < 0) {
        if (queue_.loop().now() < born_ + birth) return arm(born_ + birth);
        return not_born_yet(birth);
    }
    if (queue_.loop().now() < born_ + limit) return arm(born_ + limit);
    link_->kill("it was not ready after " + milliseconds(limit));
}

// Its zygote hangs. Where nobody can take over, this worker is born as soon as that goes on.
void PoolWorker::not_born_yet(std::chrono::milliseconds limit) {
    Zygote& zygote = *queue_.options().zygote;
    if (zygote_ < 0) zygote_ = zygote.stats().zygote;  // it had not said its number
    const auto handed_over = zygote.hand_over(zygote_, limit);
    queue_.zygote_asked();  // it may have seen the standby go, or come
    if (handed_over == Zygote::HandOver::done)
        return link_->kill("it was not born after " + milliseconds(limit));
    if (handed_over == Zygote::HandOver::no_successor) queue_.zygote_hangs();
    born_ = queue_.loop().now();
    arm(born_ + limit);
}

// Only a pool that stops lets a worker go that is not born: no zygote may make it afterwards.
void PoolWorker::end_leaving() noexcept {
    link_->kill("it did not leave and was killed");
    if (pid() < 0) queue_.options().zygote->give_up(zygote_);
}

}  // namespace troika::workers::detail
