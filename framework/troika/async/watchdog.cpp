#include <troika/async/detail/stack_sampler.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/watchdog.hpp>
#include <troika/base/error.hpp>
#include <troika/base/unique_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

//   kernel ── SIGTERM, SIGINT, SIGHUP (blocked everywhere) ──► signalfd ──┐
//   set_hard_limit(), ~Watchdog ──────────────────────────► eventfd ──────┼─► poll() in the thread
//   probe_interval ──► loop asleep in epoll? fine. Else post() to it;     │   ├─► loop.post(on_signal)
//                      not answered within blocked_threshold: its stack ──┘   └─► _exit()

namespace troika {

using std::chrono::nanoseconds;

namespace {

constexpr std::array kSignals{SIGTERM, SIGINT, SIGHUP};
constexpr auto kPatienceForStack = std::chrono::milliseconds(200);

sigset_t signal_set(const std::vector<int>& more) noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : kSignals) sigaddset(&set, signal);
    for (const int signal : more) sigaddset(&set, signal);
    return set;
}

bool ends_the_process(int signal) noexcept { return signal == SIGTERM || signal == SIGINT; }

void wake(int fd) noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

// The system call a thread sleeps in, from its /proc file; -1 when it runs or cannot be asked.
long system_call_of(int file) noexcept {
    std::array<char, 32> text{};
    if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return -1;
    char* end = nullptr;
    const long number = std::strtol(text.data(), &end, 10);
    return end == text.data() ? -1 : number;  // "running"
}

bool waits_for_events(long system_call) noexcept {
#ifdef SYS_epoll_wait
    if (system_call == SYS_epoll_wait) return true;
#endif
    return system_call == SYS_epoll_pwait || system_call == SYS_epoll_pwait2;
}

}  // namespace

void exit_on_signals_until_watched() noexcept {
    struct sigaction action{};
    action.sa_handler = [](int signal) { ::_exit(128 + signal); };
    for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

struct Watchdog::State {
    State(EventLoop& loop_in, WatchdogOptions options_in)
        : loop(loop_in), options(std::move(options_in)) {}

    void run();
    void take_signal();
    void take_stop_request();
    void begin_stop();
    void deliver(int signal);
    void probe(Clock::TimePoint now);
    void report(nanoseconds silent);
    [[noreturn]] void force(int exit_code, const char* why);
    int wait_time(Clock::TimePoint now) const;

    EventLoop& loop;
    WatchdogOptions options;
    detail::StackSampler sampler;
    pid_t loop_thread = static_cast<pid_t>(::syscall(SYS_gettid));
    UniqueFd loop_state;  // absent where /proc does not tell: every probe then wakes the loop
    UniqueFd signals;
    UniqueFd wake_up;
    std::thread thread;
    sigset_t previous_mask{};
    std::atomic<bool> stopping{false};
    std::atomic<bool> stop_requested{false};
    std::atomic<Clock::TimePoint::rep> hard_limit{
        Clock::TimePoint::max().time_since_epoch().count()};

    // Shared with the loop: when the outstanding probe was posted, 0 once it was answered.
    std::atomic<std::int64_t> probe_posted{0};
    Clock::TimePoint next_probe;
    bool reported = false;
    bool terminating = false;
    bool request_taken = false;
};

Watchdog::Watchdog(EventLoop& loop, WatchdogOptions options)
    : state_(std::make_unique<State>(loop, std::move(options))) {
    const sigset_t set = signal_set(state_->options.more_signals);
    state_->signals.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    state_->wake_up.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!state_->signals || !state_->wake_up) throw_errno("prepare the watchdog thread");
    const std::string file = "/proc/self/task/" + std::to_string(state_->loop_thread) + "/syscall";
    state_->loop_state.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    ::pthread_sigmask(SIG_BLOCK, &set, &state_->previous_mask);
    state_->thread = std::thread([state = state_.get()] { state->run(); });
    ::pthread_setname_np(state_->thread.native_handle(), "watchdog");
}

Watchdog::~Watchdog() {
    state_->stopping = true;
    wake(state_->wake_up.get());
    state_->thread.join();
    ::pthread_sigmask(SIG_SETMASK, &state_->previous_mask, nullptr);
}

void Watchdog::set_hard_limit(Clock::TimePoint when) noexcept {
    state_->hard_limit = when.time_since_epoch().count();
    wake(state_->wake_up.get());
}

void Watchdog::request_stop() noexcept {
    state_->stop_requested = true;
    wake(state_->wake_up.get());
}

int Watchdog::State::wait_time(Clock::TimePoint now) const {
    const Clock::TimePoint limit{Clock::TimePoint::duration(hard_limit.load())};
    auto until = std::min(next_probe, limit);
    if (probe_posted.load() != 0 && !reported)
        until = std::min(
            until, Clock::TimePoint(nanoseconds(probe_posted.load())) + options.blocked_threshold);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
}

void Watchdog::State::run() {
    next_probe = std::chrono::steady_clock::now() + options.probe_interval;
    while (!stopping) {
        std::array<pollfd, 2> fds{pollfd{signals.get(), POLLIN, 0},
                                  pollfd{wake_up.get(), POLLIN, 0}};
        const int timeout = wait_time(std::chrono::steady_clock::now());
        if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) return;
        if (fds[0].revents != 0) take_signal();
        if (fds[1].revents != 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto bytes = ::read(wake_up.get(), &count, sizeof(count));
        }
        take_stop_request();
        const auto now = std::chrono::steady_clock::now();
        if (now.time_since_epoch().count() >= hard_limit.load())
            force(1, "the hard limit of the shutdown has passed");
        probe(now);
    }
}

void Watchdog::State::take_signal() {
    signalfd_siginfo info{};
    while (::read(signals.get(), &info, sizeof(info)) == sizeof(info)) {
        const int signal = static_cast<int>(info.ssi_signo);
        if (ends_the_process(signal)) {
            if (std::exchange(terminating, true))
                force(128 + signal, "a second signal asked to end at once");
            begin_stop();
        }
        deliver(signal);
    }
}

void Watchdog::State::take_stop_request() {
    if (!stop_requested || std::exchange(request_taken, true)) return;
    begin_stop();
    deliver(0);
}

// The first reason to stop counts: a later one gives no more time.
void Watchdog::State::begin_stop() {
    if (options.longest_stop.count() <= 0) return;
    const auto limit = std::chrono::steady_clock::now() + options.longest_stop;
    hard_limit = std::min(hard_limit.load(), limit.time_since_epoch().count());
}

void Watchdog::State::deliver(int signal) {
    loop.post([this, signal] {
        if (options.on_signal) options.on_signal(signal);
    });
}

void Watchdog::State::probe(Clock::TimePoint now) {
    const std::int64_t posted = probe_posted.load();
    if (posted != 0) {
        const nanoseconds silent = now - Clock::TimePoint(nanoseconds(posted));
        if (!reported && silent >= options.blocked_threshold) report(silent);
    }
    if (now < next_probe) return;
    next_probe = now + options.probe_interval;
    if (posted != 0) return;  // still unanswered: one probe at a time
    reported = false;
    if (waits_for_events(system_call_of(loop_state.get()))) return;
    probe_posted = now.time_since_epoch().count();
    loop.post([this] {
        const auto answered = std::chrono::steady_clock::now();
        const Clock::TimePoint asked{nanoseconds(probe_posted.exchange(0))};
        if (options.on_lag) options.on_lag(answered - asked);
    });
}

void Watchdog::State::report(nanoseconds silent) {
    reported = true;
    if (!options.on_blocked) return;
    BlockedLoop blocked{silent, {}, {}, {}};
    if (auto stack = sampler.sample(loop_thread, kPatienceForStack)) {
        blocked.task = std::move(stack->task);
        blocked.spawned_at = std::move(stack->spawned_at);
        blocked.stack = std::move(stack->frames);
    }
    options.on_blocked(blocked);
}

void Watchdog::State::force(int exit_code, const char* why) {
    if (options.before_forced_exit) options.before_forced_exit(exit_code, why);
    ::_exit(exit_code);
}

}  // namespace troika
