#pragma once

#include <troika/app/placement.hpp>
#include <troika/async/task.hpp>
#include <troika/base/unique_function.hpp>
#include <troika/http/handler.hpp>
#include <troika/workers/worker_hooks.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika {

class EventLoop;

// What one route allows and wants; unset is the server's default (settings `server.*`).
struct RouteOptions {
    std::optional<std::chrono::milliseconds> deadline;  // the whole answer, time in queues included
    std::optional<std::size_t> max_body;                // bytes; longer bodies get 413
    http::OnClientGone on_client_gone = http::OnClientGone::by_method;
    std::string pool;          // a named thread or process pool; empty: the default one
    bool stream_body = false;  // on_loop only: the handler reads the body as it arrives
};

// One service: its objects, routes, pools, settings and lifespan. Filled by configure(App&), then run
// by troika::run() (run.hpp) or by troika::testing::TestClient.
//
//   Lifetime      Objects made by make() live until their stop() has run, in reverse order of making.
//   Threads       configure() runs before any thread exists and must start none; everything later is
//                 event-loop thread only.
//   Errors        Conflicting routes, bad patterns and unknown pools throw Error naming both places.
class App final {
  public:
    explicit App(std::string name);
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    ~App();

    const std::string& name() const noexcept;

    // The section `section` of this service's settings, a described struct (BOOST_DESCRIBE_STRUCT)
    // filled from its defaults < file < environment < flags. `descriptions` says in one line each
    // what a member is for; --help prints them. Wrong values are collected and reported together
    // after configure(); until then the defaults stand in.
    template <typename T>
    const T& settings(std::string_view section,
                      std::vector<std::pair<std::string_view, std::string_view>> descriptions);

    // An object of the application. `start()` and `stop()` members, plain or Task<>, are called when
    // the service starts (in order of making) and stops (in reverse).
    template <typename T, typename... Args>
    T& make(Args&&... arguments) {
        auto object = std::make_shared<T>(std::forward<Args>(arguments)...);
        T& reference = *object;
        UniqueFunction<Task<>()> start;
        UniqueFunction<Task<>()> stop;
        if constexpr (requires { reference.start(); })
            start = [&reference] { return call([&reference] { return reference.start(); }); };
        if constexpr (requires { reference.stop(); })
            stop = [&reference] { return call([&reference] { return reference.stop(); }); };
        own(std::move(object), std::move(start), std::move(stop));
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

    // Routes. `{name}` in a pattern matches one path segment.
    void get(std::string_view pattern, Placed handler, RouteOptions options = {});
    void post(std::string_view pattern, Placed handler, RouteOptions options = {});
    void put(std::string_view pattern, Placed handler, RouteOptions options = {});
    void patch(std::string_view pattern, Placed handler, RouteOptions options = {});
    void del(std::string_view pattern, Placed handler, RouteOptions options = {});
    void route(http::Method method, std::string_view pattern, Placed handler,
               RouteOptions options = {});

    // Further hooks of the lifespan, run among the objects' in the order given.
    void on_start(UniqueFunction<Task<>()> hook);
    void on_stop(UniqueFunction<Task<>()> hook);
};

}  // namespace troika
