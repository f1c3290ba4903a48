#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/builtin_routes.hpp>
#include <troika/app/detail/healthcheck.hpp>
#include <troika/app/detail/logged_request.hpp>
#include <troika/app/detail/process_limits.hpp>
#include <troika/app/detail/service.hpp>
#include <troika/app/detail/start_advice.hpp>
#include <troika/app/run.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/watchdog.hpp>
#include <troika/base/error.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/server/listen.hpp>
#include <troika/observe/log.hpp>
#include <troika/observe/process_metrics.hpp>
#include <troika/workers/zygote.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

//  settings, configure() ─► zygote ─► descriptor limit ─► loop ─► watchdog (blocks the signals)
//      one thread only                                            └─► logger ─► pools, hooks, listener
//
// The order is the point: the zygote must not inherit threads, an io_context, the raised limit or the
// signal mask; every later thread must inherit the mask.

namespace troika {

namespace {

void write(const std::string& text, std::FILE* to) { std::fwrite(text.data(), 1, text.size(), to); }

int fail(const std::string& service, const std::string& text) {
    write(service + ": " + text + "\n", stderr);
    return 1;
}

// The file's own name, so that a link to it (a container's entry point) finds the same settings.
std::string executable_name(const std::filesystem::path& called_as) {
    std::error_code failed;
    const std::filesystem::path file = std::filesystem::read_symlink("/proc/self/exe", failed);
    return (failed ? called_as : file).filename().string();
}

// A service started without them would get sockets of its own under their numbers, and write its log
// into one.
void open_standard_streams() {
    int fd = -1;
    do fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    ::close(fd);
}

// What whoever started us left otherwise would cost us answers: SIGPIPE and SIGXFSZ end a process where
// a call can fail (EPIPE, EFBIG); with SIGCHLD ignored the kernel throws away how children ended.
void settle_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);
}

// Gives an exit code, or nothing when the service is to run.
std::optional<int> other_than_run(App& app, const config::Outcome& outcome) {
    using Action = config::Outcome::Action;
    if (outcome.action == Action::print) {
        write(outcome.text, outcome.exit_code == 0 ? stdout : stderr);
        return outcome.exit_code;
    }
    if (outcome.action == Action::command) {
        const ServerSettings& server = app.state().options.server;
        if (server.port == 0 && !http::ListenOptions::is_path(server.address))
            return fail(app.name(),
                        "--healthcheck: server.port is 0, a free port was taken at start; give "
                        "--server.port with the one the service printed");
        const detail::HealthcheckResult result = detail::check_health(server.address, server.port);
        write(result.text + "\n", result.healthy ? stdout : stderr);
        return result.healthy ? 0 : 1;
    }
    return std::nullopt;
}

config::Outcome load(App& app) {
    App::State& state = app.state();
    return state.settings.load(state.arguments, state.environment, state.default_file);
}

// `configure` with everything that can be wrong about it told in words.
std::optional<int> prepare(App& app, void (*configure)(App&)) {
    const std::size_t threads = detail::thread_count();
    std::optional<std::string> problem;
    try {
        configure(app);
        detail::add_builtin_routes(app.state());
    } catch (const std::exception& error) {
        problem = std::string("configure failed: ") + error.what();
    }
    const config::Outcome outcome = load(app);
    // Wrong settings explain a failed configure(), so they are told first.
    const bool wrong = outcome.action == config::Outcome::Action::print && outcome.exit_code != 0;
    for (const std::string& note : outcome.notes) write(app.name() + ": " + note + "\n", stderr);
    if (problem && !wrong) return fail(app.name(), *problem);
    if (const auto exit_code = other_than_run(app, outcome)) return exit_code;
    if (detail::thread_count() > threads)
        return fail(
            app.name(),
            "configure() started a thread. Worker processes are forked right after it, and a "
            "fork copies only one thread: locks held by the others would stay locked for "
            "ever. Start threads in a start() hook (of an object made by app.make(), or "
            "app.on_start()).");
    return std::nullopt;
}

void log_blocked(const BlockedLoop& blocked) {
    std::string stack;
    for (const std::string& frame : blocked.stack) stack += (stack.empty() ? "" : " < ") + frame;
    std::string task = blocked.task;
    if (!blocked.spawned_at.empty()) task += " (spawned at " + blocked.spawned_at + ")";
    log::warning("the event loop is blocked: move what blocks to a thread or a process",
                 {{"task", task}, {"for", blocked.silent_for}, {"stack", stack}});
}

WatchdogOptions watchdog_options(std::unique_ptr<detail::Service>& service,
                                 const App::State& state) {
    WatchdogOptions options;
    options.longest_stop = state.options.shutdown.longest(state.stop_hooks());
    for (const auto& hook : state.signal_hooks) options.more_signals.push_back(hook->signal);
    options.on_signal = [&service](int signal) { service->on_signal(signal); };
    options.on_lag = [&service](std::chrono::nanoseconds lag) {
        if (service) service->on_lag(lag);
    };
    if (state.options.log.blocked_loop.count() > 0) {
        options.blocked_threshold = state.options.log.blocked_loop;
        options.on_blocked = log_blocked;
    }
    options.before_forced_exit = [](int exit_code, const char* why) {
        log::critical("forced to end", {{"why", why}, {"exit_code", exit_code}});
        log::flush(std::chrono::milliseconds(100));
    };
    return options;
}

int run_service(App& app) {
    App::State& state = app.state();
    if (const auto problem = detail::too_few_descriptors()) return fail(app.name(), *problem);
    log::set_level(state.options.log.level);  // workers are born with it
    workers::Zygote::start(state.preloads);
    detail::raise_descriptor_limit();
    EventLoop loop;
    std::unique_ptr<detail::Service> service;
    Watchdog watchdog(loop, watchdog_options(service, state));
    state.stop_switch.connect([&watchdog] { watchdog.request_stop(); });
    const ScopeExit disconnect([&state] { state.stop_switch.disconnect(); });
    log::start({.level = state.options.log.level, .format = state.options.log.format});
    add_process_metrics(*state.metrics);
    int exit_code = 1;
    bool threads_left = false;
    try {
        service = std::make_unique<detail::Service>(app, loop, workers::Zygote::process_wide());
        exit_code = loop.run(service->serve());
        threads_left = service->threads_left();
    } catch (const std::exception& error) {
        const std::string_view part = service ? service->failed_part() : "service";
        const std::string why = error.what() + detail::start_advice(error);
        log::critical("start failed", {{"part", part}, {"error", why}});
        if (!log::enabled(
                log::Level::critical))  // nobody wants a log, but to know why it is not there
            fail(app.name(), "start failed: " + std::string(part) + ": " + why);
        threads_left = service && service->threads_left();
    }
    workers::Zygote::process_wide()->stop();  // nothing of ours is left when this process ends
    log::stop();
    // Threads that did not return may use any object: no destructor may run under them.
    if (threads_left) ::_exit(1);
    service.reset();
    return exit_code;
}

}  // namespace

int run(int argc, char** argv, void (*configure)(App&)) {
    open_standard_streams();
    settle_signals();
    detail::add_request_fields_to_log();  // before the zygote: workers' lines too
    exit_on_signals_until_watched();
    const std::string name = executable_name(argc > 0 ? argv[0] : "service");
    try {
        App app(name, std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                config::copy_environment(::environ), "config/" + name + ".json");
        if (const auto exit_code = prepare(app, configure)) return *exit_code;
        return run_service(app);
    } catch (const std::exception& error) {  // boundary: main
        return fail(name, error.what() + detail::start_advice(error));
    }
}

}  // namespace troika
