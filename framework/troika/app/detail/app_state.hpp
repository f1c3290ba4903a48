#pragma once

#include <troika/app/app.hpp>
#include <troika/app/detail/stop_switch.hpp>
#include <troika/app/settings.hpp>
#include <troika/async/event.hpp>
#include <troika/config/settings.hpp>
#include <troika/http/routing/router.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/thread_pool_options.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troika {

inline constexpr const char* kDefaultThreads = "threads";
inline constexpr const char* kDefaultProcesses = "processes";

// What configure() has said so far. Running (running.hpp) is the same in motion.
struct App::State {
    State(std::string name, std::vector<std::string> arguments, config::Environment environment,
          std::string default_file);

    // One rung of the lifespan: an object with its hooks, or hooks alone.
    struct Part {
        std::string name;
        std::shared_ptr<void> object;
        UniqueFunction<Task<>()> start;
        UniqueFunction<Task<>()> stop;
    };
    struct Route {
        http::Endpoint* endpoint;
        Placed handler;
        std::string pool;
        workers::RunOptions limits;  // on_process only
        std::vector<http::Middleware> middleware;
    };
    struct Background {
        std::string name;
        UniqueFunction<Task<>()> run;
    };

    struct SignalHook {
        int signal = 0;
        UniqueFunction<Task<>()> run;
        Event came{};
    };

    std::size_t stop_hooks() const noexcept {
        return static_cast<std::size_t>(std::count_if(
            parts.begin(), parts.end(), [](const Part& part) { return bool(part.stop); }));
    }

    std::string name;
    std::vector<std::string> arguments;
    config::Environment environment;
    std::string default_file;

    config::Settings settings;
    AppSettings options;
    std::vector<std::shared_ptr<void>> service_options;  // what App::settings() handed out

    std::vector<Part> parts;
    int start_hooks_made = 0;  // hooks without an object are named by their number
    int stop_hooks_made = 0;
    std::vector<Background> background;
    std::vector<std::unique_ptr<SignalHook>> signal_hooks;
    Event stopping;
    detail::StopSwitch stop_switch;
    std::vector<UniqueFunction<std::optional<std::string>()>> readiness;
    http::Router router;
    std::vector<Route> routes;
    std::vector<http::Middleware> middleware;
    std::vector<workers::WorkerHook> preloads;
    std::map<std::string, workers::ThreadPoolOptions> thread_pools;
    std::map<std::string, workers::ProcessPoolOptions> process_pools;
    std::map<std::string, std::vector<workers::WorkerHook>> worker_starts;
    // Set while the app runs (detail/running.hpp); the built-in routes ask them.
    std::function<std::optional<std::string>()> not_ready;
    std::function<std::optional<std::string>()> not_alive;
    std::function<void()> collect_metrics;
    std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
};

}  // namespace troika
