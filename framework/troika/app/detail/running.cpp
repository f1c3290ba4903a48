#include <troika/app/detail/packed_settings.hpp>
#include <troika/app/detail/placed_endpoint.hpp>
#include <troika/app/detail/running.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/gather.hpp>
#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/remote_error.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace troika::detail {

namespace {

template <typename Pools>
auto& named_pool(Pools& pools, const std::string& wanted, const char* standard, const char* kind,
                 const std::string& pattern) {
    const auto found = pools.find(wanted.empty() ? standard : wanted);
    if (found != pools.end()) return *found->second;
    std::string known;
    for (const auto& [name, pool] : pools) known += (known.empty() ? "" : ", ") + name;
    throw Error("route " + pattern + ": there is no " + kind + " pool named '" + wanted +
                "'; there are: " + known);
}

workers::ThreadPoolOptions default_threads(const ThreadSettings& settings) {
    workers::ThreadPoolOptions options;
    options.threads = settings.threads;
    options.queue_limit = settings.queue_limit;
    options.queue_wait = settings.queue_wait;
    return options;
}

workers::ProcessPoolOptions default_processes(const ProcessSettings& settings) {
    workers::ProcessPoolOptions options;
    options.processes = settings.processes;
    options.queue_limit = settings.queue_limit;
    options.queue_wait = settings.queue_wait;
    options.job_deadline = settings.job_deadline;
    options.stop_grace = settings.stop_grace;
    options.max_memory = settings.max_memory;
    options.max_open_files = settings.max_open_files;
    options.recycle.jobs = settings.recycle_jobs;
    options.recycle.memory = settings.recycle_memory;
    options.recycle.age = settings.recycle_age;
    return options;
}

}  // namespace

Running::Running(App& app, EventLoop& loop, std::shared_ptr<workers::Zygote> zygote)
    : app_(app.state()),
      loop_(loop),
      meter_(*app_.metrics, app_.options.log.access),
      pool_meter_(*app_.metrics),
      background_(loop.root(), "background",
                  {.on_failure = TaskGroupOptions::OnFailure::keep_going}),
      zygote_(std::move(zygote)) {
    app_.stopping.clear();
    app_.not_ready = [this] { return not_ready(); };
    app_.not_alive = [this] { return not_alive(); };
    app_.collect_metrics = [this] { collect_metrics(); };
}

Running::~Running() {
    TROIKA_CHECK(stopped_ || process_pools_.empty(), "a running app was destroyed without stop()");
    app_.not_ready = nullptr;
    app_.not_alive = nullptr;
    app_.collect_metrics = nullptr;
    loop_.offer<workers::ThreadPool>(nullptr);
    loop_.offer<workers::ProcessPool>(nullptr);
    loop_.offer<workers::NamedPools>(nullptr);
}

void Running::make_pools() {
    auto threads = app_.thread_pools;
    threads.emplace(kDefaultThreads, default_threads(app_.options.threads));
    for (auto& [name, options] : threads) {
        options.name = name;
        thread_pools_[name] = std::make_unique<workers::ThreadPool>(loop_, std::move(options));
    }
    auto& processes = app_.process_pools;
    processes.emplace(kDefaultProcesses, default_processes(app_.options.processes));
    for (auto& [name, options] : processes) {
        options.name = name;
        options.zygote = zygote_;
        options.settings = pack_settings(app_.settings);
        for (const std::string& key : {name, std::string(name == kDefaultProcesses ? "" : name)}) {
            const auto hooks = app_.worker_starts.find(key);
            if (hooks == app_.worker_starts.end()) continue;
            options.worker_start.insert(options.worker_start.end(), hooks->second.begin(),
                                        hooks->second.end());
            app_.worker_starts.erase(hooks);
        }
        options.on_metrics = [metrics = app_.metrics](const MetricsDelta& delta) {
            try {
                metrics->apply(delta);
            } catch (const std::exception& error) {
                log::warning("metrics of a worker were refused", {{"error", error.what()}});
            }
        };
        process_pools_[name] = std::make_unique<workers::ProcessPool>(loop_, std::move(options));
    }
    processes.clear();
    if (!app_.worker_starts.empty())
        throw Error("worker_start: there is no process pool named '" +
                    app_.worker_starts.begin()->first + "'");
    loop_.offer(thread_pools_.at(kDefaultThreads).get());
    loop_.offer(process_pools_.at(kDefaultProcesses).get());
    for (auto& [name, pool] : thread_pools_) named_pools_.add(name, *pool);
    for (auto& [name, pool] : process_pools_) named_pools_.add(name, *pool);
    loop_.offer(&named_pools_);
}

void Running::place_handlers() {
    for (App::State::Route& route : app_.routes) {
        http::Endpoint& endpoint = *route.endpoint;
        const auto& placed = route.handler.handler();
        if (const auto* const on_loop = std::get_if<Placed::OnLoop>(&placed)) {
            endpoint.handler = *on_loop;
        } else if (const auto* const on_thread = std::get_if<Placed::OnThread>(&placed)) {
            auto& pool =
                named_pool(thread_pools_, route.pool, kDefaultThreads, "thread", endpoint.pattern);
            endpoint.handler = call_on_thread(pool, *on_thread);
        } else {
            auto& pool = named_pool(process_pools_, route.pool, kDefaultProcesses, "process",
                                    endpoint.pattern);
            endpoint.handler = call_in_process(pool, std::get<Placed::OnProcess>(placed),
                                               endpoint.pattern, route.limits);
        }
        endpoint.handler = http::compose(route.middleware, std::move(endpoint.handler));
        endpoint.handler = http::compose(app_.middleware, std::move(endpoint.handler));
    }
}

http::MapError Running::map_error() const {
    return [](const std::exception& error) -> std::optional<HttpError> {
        const auto* const died = dynamic_cast<const WorkerDied*>(&error);
        if (died == nullptr) return std::nullopt;
        // 500 and not 502 or 503: proxies retry those, and a request that kills its worker would kill
        // one worker after another.
        const std::string ending =
            died->signal() != 0 ? "ended by " + workers::signal_name(died->signal())
                                : "left with exit code " + std::to_string(died->report().exit_code);
        return HttpError(Status::internal_server_error,
                         "The worker process that ran this request was " + ending +
                             ". Other requests are not affected.")
            .with_type("worker-died");
    };
}

std::optional<std::string> Running::not_ready() const {
    if (phase_ == Phase::starting) return "starting";
    if (phase_ == Phase::stopping) return "stopping";
    for (const auto& [name, pool] : process_pools_)
        if (auto reason = pool->not_ready()) return reason;
    for (const auto& reason_against : app_.readiness)
        if (auto reason = reason_against()) return reason;
    return std::nullopt;
}

std::optional<std::string> Running::not_alive() const {
    for (const auto& [name, pool] : process_pools_)
        if (auto reason = pool->not_alive()) return reason;
    return std::nullopt;
}

void Running::collect_metrics() {
    for (const auto& [name, pool] : thread_pools_) pool_meter_.collect(name, pool->stats());
    for (const auto& [name, pool] : process_pools_)
        pool_meter_.collect(name, pool->stats(), pool->resident_memory());
}

Task<> Running::start() {
    make_pools();
    place_handlers();
    std::exception_ptr error;
    for (started_parts_ = 0; started_parts_ < app_.parts.size(); ++started_parts_) {
        App::State::Part& part = app_.parts[started_parts_];
        if (!part.start) continue;
        starting_part_ = part.name;
        try {
            current_scope()->throw_if_cancelled();
            co_await part.start();
        } catch (const Cancelled&) {
            error = std::current_exception();
            break;
        } catch (const std::exception&) {
            error = std::current_exception();
            break;
        }
        starting_part_.clear();
    }
    if (error) {
        Task<> undo = stop_parts();
        const auto limit = app_.options.shutdown.hook_timeout * (started_parts_ + 1);
        co_await shield(limit, std::move(undo));
        std::rethrow_exception(error);
    }
    for (App::State::Background& task : app_.background)
        background_.spawn(task.name, run_background(task));
    for (const auto& hook : app_.signal_hooks) background_.spawn("on_signal", run_on_signal(*hook));
    Task<> workers = await_workers();
    co_await std::move(workers);
    phase_ = Phase::ready;
}

// A service that says it listens has its workers, as a rule; where they are long in coming,
// readiness says so.
Task<> Running::await_workers() {
    constexpr auto kPatience = std::chrono::seconds(1);
    try {
        for (auto& [name, pool] : process_pools_) {
            Task<> ready = pool->wait_ready();
            co_await with_timeout(kPatience, std::move(ready));
        }
    } catch (const TimeoutError&) {
        log::warning("starting without all workers", {{"waited", kPatience}});
    }
}

namespace {

// What it throws ends neither the service nor its siblings.
Task<> run_and_log(std::string name, UniqueFunction<Task<>()>& run) {
    try {
        Task<> task = run();
        co_await std::move(task);
    } catch (const std::exception& error) {
        log::error("a background task failed", {{"task", name}, {"error", error.what()}});
    }
}

}  // namespace

Task<> Running::run_background(App::State::Background& background) {
    Task<> running = run_and_log(background.name, background.run);
    co_await std::move(running);
}

Task<> Running::run_on_signal(App::State::SignalHook& hook) {
    for (;;) {
        co_await hook.came.wait();
        hook.came.clear();
        Task<> running = run_and_log("on " + workers::signal_name(hook.signal), hook.run);
        co_await std::move(running);
    }
}

void Running::on_signal(int signal) noexcept {
    for (const auto& hook : app_.signal_hooks)
        if (hook->signal == signal) hook->came.set();
}

void Running::set_stopping() noexcept {
    phase_ = Phase::stopping;
    app_.stopping.set();
}

Task<> Running::join_background() {
    background_.cancel(CancelReason::shutdown);
    try {
        co_await background_.join();
    } catch (const GroupError& error) {  // what was no std::exception
        log::error("background tasks failed", {{"error", error.what()}});
    }
}

Task<std::size_t> Running::stop(Pending pending, std::chrono::nanoseconds pool_limit) {
    stopped_ = true;
    set_stopping();
    co_await join_background();
    const StopMode mode = pending == Pending::finish ? StopMode::drain : StopMode::now;
    const Clock::TimePoint end = loop_.now() + pool_limit;
    std::vector<Task<>> stops;
    stops.reserve(process_pools_.size());
    for (auto& [name, pool] : process_pools_) stops.push_back(pool->stop(mode, pool_limit));
    auto stopped = gather(std::move(stops));
    co_await std::move(stopped);
    // After the processes: what these bring back may be decoded on a thread.
    const std::size_t busy =
        co_await stop_threads(mode, std::max<Clock::Duration>(end - loop_.now(), kAfterCut));
    if (busy == 0) {
        co_await stop_parts();
    } else {
        log::error("threads are still at work; the objects they may use are not stopped",
                   {{"threads", busy}});
    }
    co_return busy;
}

Task<std::size_t> Running::stop_threads(StopMode mode, Clock::Duration limit) {
    std::vector<Task<std::size_t>> stops;
    std::size_t left_alone = 0;
    for (auto& [name, pool] : thread_pools_) {
        left_alone += pool->stats().abandoned;
        stops.push_back(pool->stop(mode, limit));
    }
    if (left_alone > 0) {
        log::info("waiting for threads whose callers have left",
                  {{"threads", left_alone}, {"at_most", limit}});
    }
    auto stopped = gather(std::move(stops));
    const std::vector<std::size_t> busy = co_await std::move(stopped);
    co_return std::accumulate(busy.begin(), busy.end(), std::size_t{0});
}

void Running::publish_settings() {
    const std::string packed = pack_settings(app_.settings);
    for (auto& [name, pool] : process_pools_) pool->set_settings(packed);
}

void Running::roll_workers() {
    for (auto& [name, pool] : process_pools_) pool->roll();
}

// In reverse, each with its own limit; one that fails does not keep the others from running.
Task<> Running::stop_parts() {
    const std::chrono::milliseconds limit = app_.options.shutdown.hook_timeout;
    while (started_parts_ > 0) {
        App::State::Part& part = app_.parts[--started_parts_];
        if (!part.stop) continue;
        const Clock::TimePoint began = loop_.now();
        bool failed = true;
        try {
            Task<> stop = part.stop();
            co_await with_timeout(limit, std::move(stop));
            failed = false;
        } catch (const TimeoutError&) {
        } catch (const std::exception& error) {
            log::error("stop failed", {{"part", part.name}, {"error", error.what()}});
            continue;
        }
        // One that blocks the loop cannot be cancelled; it is named all the same.
        const Clock::Duration took = loop_.now() - began;
        if (failed || took > limit) {
            log::error("a stop hook took longer than shutdown.hook_timeout",
                       {{"part", part.name}, {"limit", limit}, {"took", took}, {"cut", failed}});
        }
    }
}

}  // namespace troika::detail
