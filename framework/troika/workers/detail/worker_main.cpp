#include <troika/observe/log.hpp>
#include <troika/workers/detail/clipped.hpp>
#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/detail/log_bridge.hpp>
#include <troika/workers/detail/run_job.hpp>
#include <troika/workers/detail/worker_inbox.hpp>
#include <troika/workers/detail/worker_main.hpp>
#include <troika/workers/worker_hooks.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

//   birth --hello--> start_hook* --> begin --ready--> run --(log|metrics)*, result|error--> run ...
//
// The worker leaves when its channel ends, or on SIGTERM: at once while idle, after the running job
// while busy. `busy` is set before a job counts as started, so a job that is lost to a SIGTERM
// between the two was not started, and the server gives it to another worker.

namespace troika::workers::detail {
namespace {

constexpr int kChannel = 3;
constexpr int kNiceness = 5;
constexpr int kMemoryKillScore = 500;  // above the server's own, of at most 1000

void on_terminate(int) {
    WorkerContext* context = worker_context();
    context->leave = 1;
    context->page->told_to_leave.store(true, std::memory_order_relaxed);
    if (context->busy == 0) ::_exit(kExitClean);
}

void set_signals() noexcept {
    struct sigaction action{};
    action.sa_handler = &on_terminate;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &action, nullptr);
    // What a terminal or an operator sends to the whole group is meant for the server.
    for (const int signal : {SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
}

void lower_priority() noexcept {
    // Own process group, never own session: autogroup would undo the priority.
    ::setpgid(0, 0);
    errno = 0;
    const int current = ::getpriority(PRIO_PROCESS, 0);
    ::setpriority(PRIO_PROCESS, 0, (errno == 0 ? current : 0) + kNiceness);
    const sched_param parameters{};
    ::sched_setscheduler(0, SCHED_BATCH, &parameters);
}

void reseed() {
    unsigned seed = 0;
    if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) std::srand(seed);
    WorkerBirth::run_all();
}

// The channel becomes descriptor 3, everything above goes.
void keep_only(UniqueFd channel) noexcept {
    if (channel.get() != kChannel) {
        ::dup3(channel.get(), kChannel, O_CLOEXEC);
        channel.reset(kChannel);
    }
    [[maybe_unused]] const int kept = channel.release();
    ::close_range(kChannel + 1, ~0U, 0);
}

// A child that a job forks must not answer in the worker's name, nor hide that the worker closed its
// channel, nor outlive it (unless a thread of the job forked it: its death signal would come with that
// thread's end). /dev/null keeps the descriptor from whatever the child opens next.
void before_fork() noexcept {
    const bool main_thread = ::syscall(SYS_gettid) == ::getpid();
    worker_context()->forking = main_thread ? ::getpid() : 0;
}

void in_forked_child() noexcept {
    WorkerContext* const context = worker_context();
    context->channel = -1;
    ::close(kChannel);
    ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (context->forking == 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != context->forking) ::_exit(kExitOrphaned);
}

void send(WorkerContext& context, FrameHeader header, const Parcel& parcel = {}) noexcept {
    header.generation = context.generation;
    if (send_frame(context.channel, 0, header, parcel) != 0) ::_exit(kExitChannelLost);
}

Parcel error_parcel(const ErrorData& error) {
    std::string bytes = encode_error(error);
    if (bytes.size() > kLargestWord) {  // a codec's
        bytes = encode_error({.type = clipped(error.type),
                              .text = clipped(error.text) + " (its codec made " +
                                      std::to_string(bytes.size()) +
                                      " bytes of it, too many to travel)"});
    }
    Parcel parcel{Payload(std::move(bytes)), {}};
    fit_inline(parcel);
    return parcel;
}

// The server reads it before the answer, so that it bears this job's name.
bool has_printed() noexcept {
    int out = 0;
    int error = 0;
    ::ioctl(STDOUT_FILENO, FIONREAD, &out);  // fails for what is no pipe, and leaves 0
    ::ioctl(STDERR_FILENO, FIONREAD, &error);
    return out > 0 || error > 0;
}

// By mail while the server looks for it, which then asks itself what else there is; never from a child
// that the job forked and let return.
void answer(WorkerContext& context, FrameHeader header, const Parcel& parcel) noexcept {
    std::fflush(stdout);
    header.generation = context.generation;
    if (context.channel >= 0 && context.page->to_server.deliver(header, parcel)) return;
    if (has_printed()) header.flags = kPrinted;
    send(context, header, parcel);
}

void report_memory(PageContent& page) noexcept {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    page.peak_memory.store(static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
                           std::memory_order_relaxed);
}

// When memory is short, the kernel ends a worker rather than the server that would replace it.
void offer_to_memory_killer() noexcept {
    const UniqueFd file(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
    char text[16] = {};
    if (!file || ::pread(file.get(), text, sizeof text - 1, 0) <= 0) return;
    const int score = std::min(1000, std::atoi(text) + kMemoryKillScore);
    const int length = std::snprintf(text, sizeof text, "%d", score);
    [[maybe_unused]] const auto written =
        ::pwrite(file.get(), text, static_cast<std::size_t>(length), 0);
}

void run(WorkerContext& context, Frame frame) {
    const FrameHeader& header = frame.header;
    context.busy = 1;
    context.job_id = header.job_id;
    context.deadline = header.deadline;
    for (UniqueFd& file : frame.descriptors) {
        if (file) frame.parcel.shared.push_back(std::make_shared<const UniqueFd>(std::move(file)));
    }
    context.page->started.store(header.job_id, std::memory_order_release);
    log::set_level(context.page->log_level.load(std::memory_order_relaxed));
    JobAnswer ended =
        run_job(reinterpret_cast<Trampoline>(header.trampoline),
                reinterpret_cast<Function>(header.function), std::move(frame.parcel),
                context.max_result, {.memory = header.memory, .open_files = header.number});
    send_metrics_to_server();
    if (context.reports_memory) report_memory(*context.page.operator->());
    if (ended.error) {
        answer(context, {.kind = FrameKind::error, .job_id = header.job_id},
               error_parcel(*ended.error));
    } else {
        answer(context, {.kind = FrameKind::result, .job_id = header.job_id}, ended.result);
    }
    context.job_id = 0;
    context.deadline = 0;
    context.busy = 0;
    // A job that closed the channel is not to look like one that answered, wherever its answer lies.
    if (context.leave != 0) ::_exit(::fcntl(kChannel, F_GETFD) < 0 ? kExitChannelLost : kExitClean);
}

void start_hook(WorkerContext& context, Frame frame) {
    JobAnswer ended =
        run_job(reinterpret_cast<Trampoline>(frame.header.trampoline),
                reinterpret_cast<Function>(frame.header.function), std::move(frame.parcel), 0);
    if (!ended.error) return;
    send(context, {.kind = FrameKind::start_failed}, error_parcel(*ended.error));
    ::_exit(kExitStartFailed);
}

void handle(WorkerContext& context, Frame frame) {
    switch (frame.header.kind) {
        case FrameKind::run: return run(context, std::move(frame));
        case FrameKind::start_hook: return start_hook(context, std::move(frame));
        case FrameKind::settings:
            context.settings = std::move(frame.parcel.head).take_string();
            return;
        case FrameKind::begin:
            context.max_result = frame.header.job_id;
            context.spin = frame.header.deadline;
            context.reports_memory = frame.header.number != 0;
            return send(context, {.kind = FrameKind::ready});
        default: ::_exit(kExitBadFrame);
    }
}

[[noreturn]] void serve(WorkerContext& context) {
    WorkerInbox inbox(kChannel, *context.page.operator->());
    while (true) {
        Frame frame = inbox.next();
        const bool begins = frame.header.kind == FrameKind::begin;
        handle(context, std::move(frame));
        if (begins) inbox.look_for(std::chrono::nanoseconds(context.spin));
    }
}

}  // namespace

void die_with_server(pid_t server) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The signal is sent once: a server that died before the line above would go unnoticed.
    if (::getppid() != server) ::_exit(kExitOrphaned);
}

void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
}

void block_signals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

void unblock_signals() noexcept {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void worker_main(WorkerContext& context, UniqueFd channel, UniqueFd page,
                 std::uint32_t generation) noexcept {
    die_with_server(context.server);
    context.generation = generation;
    context.page = SharedPage::open(std::move(page));
    keep_only(std::move(channel));
    context.channel = kChannel;
    ::pthread_atfork(before_fork, nullptr, in_forked_child);
    ::prctl(PR_SET_NAME, "troika-worker");
    lower_priority();
    offer_to_memory_killer();
    reset_signals();
    set_signals();
    unblock_signals();
    send(context, {.kind = FrameKind::hello, .number = static_cast<std::uint32_t>(::getpid())});
    reseed();
    send_log_to_server();
    serve(context);
}

}  // namespace troika::workers::detail
