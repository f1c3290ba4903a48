#pragma once

#include <troika/base/unique_fd.hpp>
#include <troika/workers/detail/replacement.hpp>
#include <troika/workers/worker_hooks.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troika::workers {

// Looks whether a child of ours has ended, and if so reaps it. Never waits, never touches another
// child.
bool try_reap(int pidfd) noexcept;

// A small single-threaded process, older than every thread of the server, that forks workers when
// asked, and keeps a standby of itself in case it dies.
//
//   server ──spawn──> zygote ──clone(CLONE_PARENT)──> worker    whose parent is the server
//      └─────────────> standby (asleep until the zygote is gone)
//
//   Lifetime   start() comes before the first thread, io_context and asynchronous logger; a zygote
//              and its standby end with the last owner of this object, or with the server.
//   Threads    Any.
//   Errors     start() and fork_with() throw Error: threads exist, fork refused, a preload failed.
class Zygote final {
  public:
    // Forks the process-wide zygote and waits until its preloads are built and its standby exists.
    static void start(const std::vector<WorkerHook>& preloads = {});
    // Null before start().
    static std::shared_ptr<Zygote> process_wide();

    // A second zygote with its own preloads on top of this one's, for an App made later (tests).
    std::shared_ptr<Zygote> fork_with(const std::vector<WorkerHook>& preloads);

    // Ends zygote and standby and waits for them, so that none outlives its server; idempotent. Nothing
    // can be forked afterwards.
    void stop() noexcept;
    ~Zygote();
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    // Descriptors for a worker, which gets copies of them.
    struct Belongings {
        int channel = -1;
        int page = -1;
        int out = -1;  // stdout and stderr; unless both are there it shares the server's
        int error = -1;
    };
    // Asks for a worker. Returns why it could not be asked, or nothing; whether it was born is told on
    // its channel (born, hello or spawn_failed; end of file when the zygote died with the request
    // unread).
    std::optional<std::string> spawn(const Belongings& belongings, std::uint32_t generation);

    // Kills the zygote `pid`, which has not done what it was asked for so long, so that the standby
    // takes over. Without effect on any other.
    enum class HandOver : std::uint8_t {
        done,
        goes_on,      // it made a standby meanwhile, so it does not hang
        no_successor  // it is left alone: what hangs may go on, what is dead does not
    };
    HandOver hand_over(pid_t pid, std::chrono::nanoseconds silence);
    // The same, whether or not somebody can take over: nothing it was asked for will come any more.
    void give_up(pid_t pid);

    // Reaps what has died, wakes the standby, asks for the next one. Cheap; call it whenever one of
    // the watched descriptors became readable.
    void check();
    struct Watch {
        std::uint64_t version = 0;     // changes whenever the list does
        std::vector<int> descriptors;  // readable: call check(); duplicate them before waiting
        // There is no standby; so long from now: call check().
        std::optional<std::chrono::steady_clock::duration> standby_in;
    };
    Watch watch() const;

    struct Stats {
        pid_t zygote = -1;   // -1: gone, or it has not said its number yet
        pid_t standby = -1;  // the same
        bool gone = false;   // neither is left: nothing can be forked
        std::uint64_t takeovers = 0;
    };
    Stats stats() const;

  private:
    struct Member {
        UniqueFd socket;
        UniqueFd pidfd;
        pid_t pid = -1;
        bool greeted = false;  // it has said hello
    };

    explicit Zygote(Member active) : active_(std::move(active)) {}
    static Member fork_first();
    static Member fork_from(const Member& parent);
    static bool learn_pid(Member& member, int flags);
    static void preload_into(const Member& member, const std::vector<WorkerHook>& preloads);
    static void end(Member& member) noexcept;
    void check_locked();
    bool look_at(Member& member, std::string& reason);
    void lose_standby(const std::string& reason);
    void lose_active(std::string reason);
    void look_at_takeover();
    void tell_takeover();
    static void tell_standby_died(const Member& standby, const std::string& reason);
    void request_standby();
    bool is_at_work(pid_t pid) const noexcept;
    void kill_active();
    void await_standby();

    mutable std::mutex mutex_;
    std::optional<Member> active_;
    std::optional<Member> standby_;
    std::vector<Member> dying_;
    // A zygote that died; who came after it is not told of yet.
    struct Lost {
        pid_t pid = -1;
        std::string reason;
        bool succeeded = false;  // by active_, which was seen alive
    };
    std::optional<Lost> lost_;
    detail::Replacement standby_losses_;
    std::chrono::steady_clock::time_point next_standby_{};  // not asked for before
    std::chrono::steady_clock::time_point heard_{};         // of the last one: a sign of life
    int unborn_standbys_ = 0;                               // in a row
    bool told_hanging_ = false;                             // likewise
    std::uint64_t version_ = 0;
    std::uint64_t takeovers_ = 0;
};

}  // namespace troika::workers
