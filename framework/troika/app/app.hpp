#pragma once

#include <troika/app/placement.hpp>
#include <troika/async/task.hpp>
#include <troika/base/unique_function.hpp>
#include <troika/config/settings.hpp>
#include <troika/http/handler.hpp>
#include <troika/http/middleware/middleware.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/thread_pool_options.hpp>
#include <troika/workers/worker_hooks.hpp>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace troika {

class Metrics;

// What one route allows and wants; unset is the server's default (settings `server.*`).
struct RouteOptions {
    std::optional<std::chrono::milliseconds> deadline{};  // the whole answer, queue time included
    std::optional<std::size_t> max_body{};                // bytes; longer bodies get 413
    http::OnClientGone on_client_gone = http::OnClientGone::by_method;
    std::string pool{};         // a named thread or process pool; empty: the default one
    workers::RunOptions job{};  // on_process only: its wait, run time, memory and descriptors
    bool stream_body = false;   // on_loop only: the handler reads the body as it arrives
    std::vector<http::Middleware> middleware{};  // inside the app's, the outermost first
};

// One service: its settings, objects, routes, pools and lifespan. Filled by configure(App&), then run
// by troika::run() (run.hpp) or driven by troika::testing::TestClient.
//
//   Lifetime      Objects made by make() live until their stop() has run, in reverse order of making.
//   Threads       configure() runs before any thread exists and must start none; everything later is
//                 event-loop thread only.
//   Errors        Conflicting routes, bad patterns and unknown pools throw Error naming both places.
class App final {
  public:
    explicit App(std::string name, std::vector<std::string> arguments = {},
                 config::Environment environment = {}, std::string default_file = {});
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    ~App();

    const std::string& name() const noexcept;

    // A section of this service's settings: a described struct (BOOST_DESCRIBE_STRUCT), its defaults
    // overlaid by file, environment and flags. `help` has a line for each member; --help prints them.
    // What is wrong is collected and reported together after configure(); until then the defaults
    // stand in, so configure() must not act on values: it makes objects, their start() acts.
    template <data::Described T>
    const T& settings(std::string_view section, std::initializer_list<config::Help> help) {
        auto options = std::make_shared<T>();
        T& reference = *options;
        keep_options(std::move(options));
        config().section(section, reference, help);
        load_settings();
        return reference;
    }
    // All of the service's settings, for rules and further commands.
    config::Settings& config() noexcept;

    // An object of the application. Its `start()` and `stop()`, plain or Task<>, where it has them,
    // are called when the service starts (in order of making) and stops (in reverse).
    template <typename T, typename... Args>
    T& make(Args&&... arguments) {
        auto object = std::make_shared<T>(std::forward<Args>(arguments)...);
        T& reference = *object;
        UniqueFunction<Task<>()> start;
        UniqueFunction<Task<>()> stop;
        if constexpr (requires { reference.start(); })
            start = [&reference] { return start_hook(reference); };
        if constexpr (requires { reference.stop(); })
            stop = [&reference] { return stop_hook(reference); };
        own(typeid(T).name(), std::move(object), std::move(start), std::move(stop));
        return reference;
    }

    // A constant of every worker process, built once in the zygote: read with preloaded<T>().
    template <typename T, typename... Args>
    void preload(const Args&... arguments) {
        add_preload(workers::preload<T>(arguments...));
    }
    // Runs in each fresh worker of `pool` (empty: the default one); see workers/worker_hooks.hpp.
    template <typename F, typename... Args>
    void worker_start(std::string pool, F function, const Args&... arguments) {
        add_worker_start(std::move(pool), workers::worker_start(function, arguments...));
    }

    // Named pools beside the default ones (settings `threads.*` and `processes.*`), for routes that
    // must not wait for each other; a route names its pool in RouteOptions, a coroutine says
    // `co_await process_pool("reports").run(job, ...)` (workers/named_pools.hpp).
    void thread_pool(std::string name, workers::ThreadPoolOptions options);
    void process_pool(std::string name, workers::ProcessPoolOptions options);

    // Routes. `{name}` in a pattern matches one path segment, `{name*}` at its end the rest.
    void get(std::string_view pattern, Placed handler, RouteOptions options = {});
    void post(std::string_view pattern, Placed handler, RouteOptions options = {});
    void put(std::string_view pattern, Placed handler, RouteOptions options = {});
    void patch(std::string_view pattern, Placed handler, RouteOptions options = {});
    void del(std::string_view pattern, Placed handler, RouteOptions options = {});
    void route(http::Method method, std::string_view pattern, Placed handler,
               RouteOptions options = {});

    // Puts `middleware` around the handlers of all routes, those registered before it too; the first
    // one is the outermost (http/middleware/middleware.hpp). Composed once, when the service starts.
    void use(http::Middleware middleware);

    // Further hooks of the lifespan, run among the objects' in the order given. Each stop hook, the
    // objects' too, has shutdown.hook_timeout; then it is cancelled and named in the log.
    void on_start(UniqueFunction<Task<>()> hook);
    void on_stop(UniqueFunction<Task<>()> hook);

    // A task beside the requests, from start to shutdown: begun after the start hooks, cancelled and
    // joined once no request is left (requests may feed on it). What it throws is logged.
    void background(std::string name, UniqueFunction<Task<>()> task);

    // Runs `hook` as a background task each time the signal comes, beside the requests: SIGUSR1, SIGUSR2,
    // or SIGHUP after its reload. One run at a time; signals that come meanwhile cause one more. Throws
    // Error for other signals: SIGTERM and SIGINT are the end, for which there is stopping().
    void on_signal(int signal, UniqueFunction<Task<>()> hook);

    // Resumes when the service begins to stop: by a signal or request_stop(), before requests are
    // drained. For loops that should end by themselves; background tasks are cancelled all the same,
    // later. Loop thread.
    Task<> stopping();
    // Stops the service as SIGTERM does, and returns at once. From any thread, also before the service
    // has started; again, it does nothing.
    void request_stop();

    // Asked by GET /readyz on the loop, so without blocking: why this service should get no traffic
    // now ("the store is gone"), or nothing.
    void readiness(UniqueFunction<std::optional<std::string>()> reason_against);

    // Answers GET `pattern` with every live task of the loop as JSON: name, group, parent, state, what
    // it waits for and its age (async/task_list.hpp). Opt-in, because names tell of the inside: put
    // what may reach it in front. Served while draining, so that a drain that hangs can be asked why.
    void debug_tasks(std::string_view pattern = "/debug/tasks");

    // Counters, gauges and histograms of the service; GET /metrics shows them.
    Metrics& metrics() noexcept;

    struct State;
    State& state() noexcept { return *state_; }

  private:
    template <typename T>
    static Task<> start_hook(T& object) {
        if constexpr (std::is_same_v<decltype(object.start()), Task<>>) {
            co_await object.start();
        } else {
            object.start();
            co_return;
        }
    }
    template <typename T>
    static Task<> stop_hook(T& object) {
        if constexpr (std::is_same_v<decltype(object.stop()), Task<>>) {
            co_await object.stop();
        } else {
            object.stop();
            co_return;
        }
    }

    void keep_options(std::shared_ptr<void> options);
    void load_settings();
    void own(const char* type, std::shared_ptr<void> object, UniqueFunction<Task<>()> start,
             UniqueFunction<Task<>()> stop);
    void add_preload(workers::WorkerHook hook);
    void add_worker_start(std::string pool, workers::WorkerHook hook);

    std::unique_ptr<State> state_;
};

}  // namespace troika
