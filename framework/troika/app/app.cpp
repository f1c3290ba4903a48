#include <troika/app/app.hpp>
#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/builtin_routes.hpp>
#include <troika/app/detail/known_settings.hpp>
#include <troika/base/error.hpp>
#include <troika/base/version.hpp>
#include <troika/workers/remote_error.hpp>

#include <cxxabi.h>

#include <csignal>
#include <cstdlib>

namespace troika {

namespace {

std::string readable(const char* type) {
    int status = 0;
    char* const name = abi::__cxa_demangle(type, nullptr, nullptr, &status);
    std::string text = status == 0 ? name : type;
    std::free(name);
    return text;
}

}  // namespace

App::State::State(std::string name_in, std::vector<std::string> arguments_in,
                  config::Environment environment_in, std::string default_file_in)
    : name(std::move(name_in)),
      arguments(std::move(arguments_in)),
      environment(std::move(environment_in)),
      default_file(std::move(default_file_in)),
      settings(name, std::string(kVersion)) {
    detail::add_known_settings(settings, options);
    settings.command("healthcheck", "ask a running service whether it is ready; exit 0 if it is");
}

App::App(std::string name, std::vector<std::string> arguments, config::Environment environment,
         std::string default_file)
    : state_(std::make_unique<State>(std::move(name), std::move(arguments), std::move(environment),
                                     std::move(default_file))) {
    load_settings();
}

App::~App() {
    // Reverse order of making, as promised; a vector would go forwards.
    while (!state_->parts.empty()) state_->parts.pop_back();
}

const std::string& App::name() const noexcept { return state_->name; }
config::Settings& App::config() noexcept { return state_->settings; }
void App::debug_tasks(std::string_view pattern) { detail::add_debug_tasks(*state_, pattern); }

Metrics& App::metrics() noexcept { return *state_->metrics; }

void App::keep_options(std::shared_ptr<void> options) {
    state_->service_options.push_back(std::move(options));
}

void App::load_settings() {
    // Sections that are not there yet look like unknown keys now; the load after configure() judges.
    (void)state_->settings.load(state_->arguments, state_->environment, state_->default_file);
}

void App::own(const char* type, std::shared_ptr<void> object, UniqueFunction<Task<>()> start,
              UniqueFunction<Task<>()> stop) {
    state_->parts.push_back({readable(type), std::move(object), std::move(start), std::move(stop)});
}

void App::add_preload(workers::WorkerHook hook) { state_->preloads.push_back(std::move(hook)); }

void App::add_worker_start(std::string pool, workers::WorkerHook hook) {
    state_->worker_starts[std::move(pool)].push_back(std::move(hook));
}

namespace {
// One name, one pool of either kind: metrics, readiness and routes know pools by name only.
void check_pool_name(const App::State& state, const std::string& name) {
    if (name.empty()) throw Error("a pool needs a name: '' stands for the default one");
    if (name == kDefaultThreads || name == kDefaultProcesses)
        throw Error("the pool '" + name + "' is the default one: the settings '" + name +
                    ".*' shape it");
    if (state.thread_pools.contains(name) || state.process_pools.contains(name))
        throw Error("a pool named '" + name + "' is there already");
}
}  // namespace

void App::thread_pool(std::string name, workers::ThreadPoolOptions options) {
    check_pool_name(*state_, name);
    state_->thread_pools.emplace(std::move(name), std::move(options));
}

void App::process_pool(std::string name, workers::ProcessPoolOptions options) {
    check_pool_name(*state_, name);
    state_->process_pools.emplace(std::move(name), std::move(options));
}

void App::get(std::string_view pattern, Placed handler, RouteOptions options) {
    route(http::Method::get, pattern, std::move(handler), std::move(options));
}
void App::post(std::string_view pattern, Placed handler, RouteOptions options) {
    route(http::Method::post, pattern, std::move(handler), std::move(options));
}
void App::put(std::string_view pattern, Placed handler, RouteOptions options) {
    route(http::Method::put, pattern, std::move(handler), std::move(options));
}
void App::patch(std::string_view pattern, Placed handler, RouteOptions options) {
    route(http::Method::patch, pattern, std::move(handler), std::move(options));
}
void App::del(std::string_view pattern, Placed handler, RouteOptions options) {
    route(http::Method::delete_, pattern, std::move(handler), std::move(options));
}

void App::route(http::Method method, std::string_view pattern, Placed handler,
                RouteOptions options) {
    const bool on_loop = std::holds_alternative<Placed::OnLoop>(handler.handler());
    if (options.stream_body && !on_loop)
        throw Error(
            "route " + std::string(pattern) +
            ": only a handler on the loop can read its body as it arrives; register it with "
            "on_loop, or leave stream_body out");
    http::Endpoint endpoint;
    endpoint.pattern = pattern;
    endpoint.limits = {options.deadline, options.max_body};
    endpoint.on_client_gone = options.on_client_gone;
    if (options.stream_body) {
        endpoint.body = http::BodyMode::stream;
    } else if (std::holds_alternative<Placed::OnProcess>(handler.handler())) {
        endpoint.body = http::BodyMode::memory_file;
    }
    http::Endpoint& added = state_->router.add(method, std::move(endpoint));
    state_->routes.push_back({&added, std::move(handler), std::move(options.pool), options.job,
                              std::move(options.middleware)});
}

void App::use(http::Middleware middleware) {
    if (!middleware) throw Error("App::use: there is no middleware in it");
    state_->middleware.push_back(std::move(middleware));
}

void App::on_start(UniqueFunction<Task<>()> hook) {
    const std::string name = "on_start hook " + std::to_string(++state_->start_hooks_made);
    state_->parts.push_back({name, nullptr, std::move(hook), nullptr});
}
void App::on_stop(UniqueFunction<Task<>()> hook) {
    const std::string name = "on_stop hook " + std::to_string(++state_->stop_hooks_made);
    state_->parts.push_back({name, nullptr, nullptr, std::move(hook)});
}
void App::background(std::string name, UniqueFunction<Task<>()> task) {
    state_->background.push_back({std::move(name), std::move(task)});
}
void App::on_signal(int signal, UniqueFunction<Task<>()> hook) {
    if (signal != SIGUSR1 && signal != SIGUSR2 && signal != SIGHUP)
        throw Error(
            "on_signal: " + workers::signal_name(signal) +
            " is none of SIGUSR1, SIGUSR2 and SIGHUP. For what has to be done when SIGTERM or "
            "SIGINT comes there are stopping() and on_stop()");
    auto& added = *state_->signal_hooks.emplace_back(std::make_unique<State::SignalHook>());
    added.signal = signal;
    added.run = std::move(hook);
}
Task<> App::stopping() { co_await state_->stopping.wait(); }
void App::request_stop() { state_->stop_switch.press(); }
void App::readiness(UniqueFunction<std::optional<std::string>()> reason_against) {
    state_->readiness.push_back(std::move(reason_against));
}

}  // namespace troika
