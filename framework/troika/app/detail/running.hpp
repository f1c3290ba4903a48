#pragma once

#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/pool_meter.hpp>
#include <troika/app/detail/request_meter.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/task_group.hpp>
#include <troika/http/server/error_boundary.hpp>
#include <troika/workers/named_pools.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace troika::workers {
class Zygote;
}

namespace troika::detail {

// An App in motion on one loop: its pools, its started objects, its background tasks. Knows nothing
// of listeners and signals; troika::run() and TestClient put those around it.
//
//   Lifetime      Made on the loop thread after the zygote; await stop() before destruction, also
//                 when start() threw.
//   Errors        start() throws Error for a route that names an unknown pool, and what a start hook
//                 threw, after undoing those that had run. It is not logged here.
//   Cancellation  A cancel of start() undoes what had started, then throws.
class Running final {
  public:
    Running(App& app, EventLoop& loop, std::shared_ptr<workers::Zygote> zygote);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

    Task<> start();

    http::Resolve resolve() const { return app_.router.resolver(); }
    http::MapError map_error() const;
    RequestMeter& meter() noexcept { return meter_; }

    // Why this service should get no traffic now: still starting, stopping, a pool without workers,
    // what the service itself says.
    std::optional<std::string> not_ready() const;
    std::optional<std::string> not_alive() const;
    void set_stopping() noexcept;  // App::stopping() resumes

    // Begins the app's own hooks for it.
    void on_signal(int signal) noexcept;

    // The part whose start hook threw or is running: "archive::Documents"; empty between them.
    const std::string& starting_part() const noexcept { return starting_part_; }

    // Replaces the workers of every process pool, one after another; returns at once.
    // What worker_setting() gives from the next job on.
    void publish_settings();
    void roll_workers();

    enum class Pending { finish, give_up };  // what becomes of jobs nobody waits for any more
    // What pools have at least, also where others have used up the time.
    static constexpr std::chrono::milliseconds kAfterCut{300};
    // Background tasks, pools, which wait at most `pool_limit` for their jobs, then stop hooks in reverse,
    // each within hook_timeout. Gives the number of threads that are still busy: objects they may use were
    // left alone then, and the process must end by _exit.
    Task<std::size_t> stop(Pending pending, std::chrono::nanoseconds pool_limit);

  private:
    enum class Phase { starting, ready, stopping };

    void make_pools();
    void place_handlers();
    void collect_metrics();
    Task<> await_workers();
    Task<> run_background(App::State::Background& background);
    Task<> run_on_signal(App::State::SignalHook& hook);
    Task<> join_background();
    Task<std::size_t> stop_threads(workers::StopMode mode, Clock::Duration limit);
    Task<> stop_parts();

    App::State& app_;
    EventLoop& loop_;
    RequestMeter meter_;
    PoolMeter pool_meter_;
    std::map<std::string, std::unique_ptr<workers::ThreadPool>> thread_pools_;
    std::map<std::string, std::unique_ptr<workers::ProcessPool>> process_pools_;
    workers::NamedPools named_pools_;  // both kinds, for handlers on the loop
    TaskGroup background_;
    std::shared_ptr<workers::Zygote> zygote_;
    std::size_t started_parts_ = 0;
    std::string starting_part_;
    Phase phase_ = Phase::starting;
    bool stopped_ = false;
};

}  // namespace troika::detail
