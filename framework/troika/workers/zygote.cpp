#include <troika/workers/zygote.hpp>

#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/detail/exit_report.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/worker_main.hpp>
#include <troika/workers/detail/zygote_main.hpp>
#include <troika/workers/remote_error.hpp>

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <utility>

namespace troika::workers {
namespace {

using detail::FrameKind;

std::mutex process_wide_mutex;
std::shared_ptr<Zygote>& process_wide_zygote() {
    // Never destroyed: a zygote ends with the server anyway, and static destructors may still use
    // it.
    static auto* zygote = new std::shared_ptr<Zygote>();
    return *zygote;
}

int count_threads() {
    DIR* directory = ::opendir("/proc/self/task");
    if (directory == nullptr) return 1;
    int count = 0;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] != '.') ++count;
    }
    ::closedir(directory);
    return count;
}

void refuse_threads() {
#ifdef __SANITIZE_THREAD__
    constexpr int kAllowed = 2;  // the sanitizer has one of its own
#else
    constexpr int kAllowed = 1;
#endif
    const int count = count_threads();
    if (count <= kAllowed) return;
    throw Error("the zygote must be forked before the first thread, but this process has " +
                std::to_string(count) +
                " threads: start threads in a start hook instead of in configure");
}

}  // namespace

bool try_reap(int pidfd) noexcept {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG) != 0) {
        return errno == ECHILD;  // somebody else took it
    }
    return info.si_pid != 0;
}

void Zygote::start(const std::vector<WorkerHook>& preloads) {
    const std::lock_guard lock(process_wide_mutex);
    if (process_wide_zygote()) throw Error("the process-wide zygote has been started already");
    refuse_threads();
    std::shared_ptr<Zygote> zygote(new Zygote(fork_first()));
    preload_into(*zygote->active_, preloads);
    zygote->await_standby();
    process_wide_zygote() = std::move(zygote);
}

std::shared_ptr<Zygote> Zygote::process_wide() {
    const std::lock_guard lock(process_wide_mutex);
    return process_wide_zygote();
}

std::shared_ptr<Zygote> Zygote::fork_with(const std::vector<WorkerHook>& preloads) {
    const std::lock_guard lock(mutex_);
    check_locked();
    if (!active_) throw Error("the zygote and its standby are gone: nothing can be forked");
    Member member = fork_from(*active_);
    const bool born = learn_pid(member, 0);
    if (!born) throw Error("the zygote could not fork another zygote");
    std::shared_ptr<Zygote> zygote(new Zygote(std::move(member)));
    preload_into(*zygote->active_, preloads);
    zygote->await_standby();
    return zygote;
}

Zygote::~Zygote() { stop(); }

void Zygote::stop() noexcept {
    const std::lock_guard lock(mutex_);
    // The zygote first: then a standby that was asked for has been forked, or never will be.
    for (std::optional<Member>* member : {&active_, &standby_}) {
        if (*member) end(**member);
        member->reset();
    }
    for (Member& member : dying_) end(member);
    dying_.clear();
    ++version_;
}

void Zygote::end(Member& member) noexcept {
    // One that is just being forked says hello, or its socket ends with the zygote that forks it.
    if (member.socket && !member.pidfd) learn_pid(member, 0);
    member.socket.close();
    if (!member.pidfd) return;
    ::syscall(SYS_pidfd_send_signal, member.pidfd.get(), SIGKILL, nullptr, 0);
    // Not a blocking waitid(): who watches a copy of the descriptor has made both non-blocking.
    while (!try_reap(member.pidfd.get())) {
        pollfd ended{member.pidfd.get(), POLLIN, 0};
        ::poll(&ended, 1, -1);
    }
}

std::optional<std::string> Zygote::spawn(const Belongings& belongings, std::uint32_t generation) {
    const std::array<int, 4> all{belongings.channel, belongings.page, belongings.out,
                                 belongings.error};
    const bool own_output = belongings.out >= 0 && belongings.error >= 0;
    const auto sent = std::span(all).first(own_output ? 4 : 2);
    const std::lock_guard lock(mutex_);
    check_locked();
    while (active_) {
        const int error =
            detail::send_frame(active_->socket.get(), MSG_DONTWAIT,
                               {.kind = FrameKind::spawn, .generation = generation}, {}, sent);
        if (error == 0) return std::nullopt;
        if (error != EPIPE && error != ECONNRESET) {
            return std::string("ask the zygote for a worker: ") + ::strerror(error);
        }
        lose_active("its channel ended");
    }
    return "the zygote and its standby are gone: no worker can be replaced until a restart";
}

Zygote::HandOver Zygote::hand_over(pid_t pid, std::chrono::nanoseconds silence) {
    const std::lock_guard lock(mutex_);
    check_locked();
    if (!is_at_work(pid)) return HandOver::done;
    if (std::chrono::steady_clock::now() - heard_ < silence) return HandOver::goes_on;
    if (active_->pidfd && standby_ && standby_->greeted) {
        kill_active();
        return HandOver::done;
    }
    if (!std::exchange(told_hanging_, true)) {
        log::error("the zygote does not answer and has no standby: no worker is replaced meanwhile",
                   {{"zygote", pid}});
    }
    return HandOver::no_successor;
}

void Zygote::give_up(pid_t pid) {
    const std::lock_guard lock(mutex_);
    check_locked();
    if (is_at_work(pid) && active_->pidfd) kill_active();
}

// Not killed already.
bool Zygote::is_at_work(pid_t pid) const noexcept {
    return active_ && active_->pid == pid && !(lost_ && lost_->pid == pid);
}

void Zygote::kill_active() {
    if (lost_ && lost_->succeeded) tell_takeover();
    lost_ = {.pid = active_->pid, .reason = "it did not answer and was killed"};
    ::syscall(SYS_pidfd_send_signal, active_->pidfd.get(), SIGKILL, nullptr, 0);
}

void Zygote::check() {
    const std::lock_guard lock(mutex_);
    check_locked();
}

void Zygote::check_locked() {
    const auto reaped =
        std::erase_if(dying_, [](const Member& member) { return try_reap(member.pidfd.get()); });
    if (reaped > 0) ++version_;
    std::string reason;
    if (standby_ && look_at(*standby_, reason)) lose_standby(reason);
    while (active_ && look_at(*active_, reason)) {
        active_->pidfd.close();
        lose_active(reason);
    }
    look_at_takeover();
    if (active_ && !standby_ && std::chrono::steady_clock::now() >= next_standby_)
        request_standby();
}

// True: it has ended and is reaped, or was never forked.
bool Zygote::look_at(Member& member, std::string& reason) {
    const bool watched = member.pidfd.get() >= 0;
    const bool greeted = member.greeted;
    reason = "it was never born";
    if (!learn_pid(member, MSG_DONTWAIT)) return !member.socket;
    if (!greeted && member.greeted) heard_ = std::chrono::steady_clock::now();
    if (!watched && member.pidfd) ++version_;
    detail::ExitReport report;
    if (!member.pidfd || !detail::reap(member.pidfd.get(), {}, report)) return false;
    reason = report.reason;
    return true;
}

void Zygote::lose_standby(const std::string& reason) {
    // The first ones, which are asked for at once, may be lost because the zygote itself is dying.
    constexpr int kUnbornToTell = detail::Replacement::kFree + 1;
    if (standby_->greeted) {
        tell_standby_died(*standby_, reason);
    } else if (++unborn_standbys_ == kUnbornToTell) {
        log::warning("the zygote could not fork its standby", {{"zygote", active_->pid}});
    }
    standby_.reset();
    ++version_;
    // Where none can live, or none can be forked, each would be lost at once.
    const auto now = std::chrono::steady_clock::now();
    next_standby_ = now + standby_losses_.died(now, detail::Replacement::Moment::later);
}

void Zygote::lose_active(std::string reason) {
    if (lost_ && lost_->succeeded) {
        tell_takeover();
    } else if (lost_ && lost_->pid != active_->pid && active_->greeted) {
        tell_standby_died(*active_, reason);
    }
    if (!lost_) lost_ = {.pid = active_->pid, .reason = std::move(reason)};
    if (active_->pidfd) dying_.push_back(std::move(*active_));
    active_ = std::exchange(standby_, std::nullopt);
    ++version_;
    if (!active_) {
        log::critical("no zygote is left: running workers go on, none is replaced",
                      {{"zygote", lost_->pid}, {"reason", lost_->reason}});
        return;
    }
    request_standby();
}

// A standby that is alive after its zygote's death has taken over; one that died with it has not. It is told
// once it has made a standby in turn, because it may have been stopped, or when it dies as the zygote.
void Zygote::look_at_takeover() {
    if (!active_) return;
    if (lost_ && lost_->pid != active_->pid && active_->greeted &&
        !std::exchange(lost_->succeeded, true)) {
        ++takeovers_;
    }
    if (!standby_ || !standby_->greeted) return;
    unborn_standbys_ = 0;
    told_hanging_ = false;
    if (lost_ && lost_->succeeded) tell_takeover();
}

void Zygote::tell_takeover() {
    log::warning(
        "the standby took over from a dead zygote",
        {{"zygote", active_->pid}, {"dead_zygote", lost_->pid}, {"reason", lost_->reason}});
    lost_.reset();
}

void Zygote::tell_standby_died(const Member& standby, const std::string& reason) {
    log::warning("the standby of the zygote died", {{"standby", standby.pid}, {"reason", reason}});
}

void Zygote::request_standby() {
    try {
        standby_ = fork_from(*active_);
        ++version_;
    } catch (const Error&) {
        standby_.reset();  // the next check() asks again
    }
}

void Zygote::await_standby() {
    request_standby();
    if (!standby_ || !learn_pid(*standby_, 0)) throw Error("the zygote could not fork its standby");
}

Zygote::Watch Zygote::watch() const {
    const std::lock_guard lock(mutex_);
    Watch result{version_, {}, {}};
    if (active_ && !standby_) {
        result.standby_in = std::max(next_standby_ - std::chrono::steady_clock::now(), {});
    }
    for (const auto* member : {&active_, &standby_}) {
        if (!*member) continue;
        const UniqueFd& fd = (*member)->pidfd ? (*member)->pidfd : (*member)->socket;
        if (fd) result.descriptors.push_back(fd.get());
    }
    for (const Member& member : dying_) result.descriptors.push_back(member.pidfd.get());
    return result;
}

Zygote::Stats Zygote::stats() const {
    const std::lock_guard lock(mutex_);
    return {active_ ? active_->pid : -1, standby_ ? standby_->pid : -1, !active_, takeovers_};
}

}  // namespace troika::workers
