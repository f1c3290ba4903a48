#include <troika/app/detail/process_limits.hpp>
#include <troika/app/detail/reaper.hpp>
#include <troika/app/detail/service.hpp>
#include <troika/app/detail/shutdown.hpp>
#include <troika/base/error.hpp>
#include <troika/config/config_error.hpp>
#include <troika/http/server/listen.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/remote_error.hpp>
#include <troika/workers/to_thread.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace troika::detail {

namespace {

constexpr double kLagBounds[] = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};

http::ServerOptions server_options(const ServerSettings& settings) {
    http::ServerOptions options;
    options.head.request_line = settings.max_request_line;
    options.head.bytes = settings.max_head;
    options.head.fields = settings.max_fields;
    options.head.empty_lines = settings.max_empty_lines;
    options.server_name = settings.server_name;
    options.trusted_proxies = settings.trusted_proxies;
    options.connections_per_address = settings.connections_per_address;
    options.requests_per_connection = settings.requests_per_connection;
    options.max_in_flight = settings.max_in_flight;
    options.max_lag = settings.max_lag;
    options.idle_when_full = settings.idle_when_full;
    options.body_limit = settings.max_body;
    options.max_buffered_bytes = settings.max_buffered_bytes;
    if (options.max_buffered_bytes == 0) options.max_buffered_bytes = buffered_bytes_allowed();
    options.max_connections = settings.max_connections;
    options.head_timeout = settings.head_timeout;
    options.idle_timeout = settings.idle_timeout;
    options.write_timeout = settings.write_timeout;
    options.handler_deadline = settings.handler_deadline;
    options.body_rate = settings.body_rate;
    options.body_grace = settings.body_grace;
    options.body_silence = settings.body_silence;
    options.budget_wait = settings.budget_wait;
    options.memory_file_threshold = settings.memory_file_threshold;
    options.unsent_limit = settings.unsent_limit;
    options.discard_limit = settings.discard_limit;
    options.linger = settings.linger;
    options.linger_limit = settings.linger_limit;
    options.half_sent_silence = settings.half_sent_silence;
    return options;
}

// Where no thread is free in time, the loop reads by itself.
Task<> read_on_thread(http::FilePart part) {
    try {
        Task<> reading = workers::to_thread(http::read_through, part);
        co_await std::move(reading);
    } catch (const Overloaded&) {
    } catch (const Stopped&) {
    }
}

// Only what is fixed from the start.
http::ServerOptions first_options(const ServerSettings& settings) {
    http::ServerOptions options = server_options(settings);
    options.read_ahead = read_on_thread;
    return options;
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
    return text;
}

}  // namespace

Service::Service(App& app, EventLoop& loop, std::shared_ptr<workers::Zygote> zygote)
    : app_(app.state()),
      loop_(loop),
      lag_(app_.metrics->histogram(
          "troika_loop_lag_seconds",
          "How long a call posted to the loop had to wait, measured twice a "
          "second and only while the loop is busy: an idle one is not late.",
          kLagBounds, {{"loop", "0"}})),
      running_(app, loop, std::move(zygote)),
      server_(loop, running_.resolve(), first_options(app_.options.server), &running_.meter(),
              running_.map_error()) {
    watch_server();
    app.background("reap orphans", [] { return reap_orphans(); });
}

void Service::watch_server() {
    const auto gauge = [this](const char* state, std::function<double()> value) {
        app_.metrics->watch(MetricKind::gauge, "troika_connections", "Open connections.",
                            {{"loop", "0"}, {"state", state}}, std::move(value));
    };
    gauge("idle", [this] {
        const http::ServerStats stats = server_.stats();
        return static_cast<double>(stats.connections - stats.in_request);
    });
    gauge("in_request", [this] { return static_cast<double>(server_.stats().in_request); });
    app_.metrics->watch(MetricKind::gauge, "troika_buffered_body_bytes",
                        "Memory taken by request bodies.", {{"loop", "0"}},
                        [this] { return static_cast<double>(server_.stats().buffered_bytes); });
    app_.metrics->watch(MetricKind::counter, "troika_log_dropped_lines_total",
                        "Log lines nobody read in time.", {},
                        [] { return static_cast<double>(log::dropped()); });
}

Task<int> Service::serve() {
    const bool started = co_await start();
    if (!started) co_return 0;
    co_await stop_.wait();
    Task<ShutdownReport> ladder = shut_down(server_, running_, app_.options.shutdown);
    const ShutdownReport report = co_await std::move(ladder);
    remove_socket_files();
    threads_left_ = report.busy_threads > 0;
    co_return report.clean() ? 0 : 1;
}

// False when a signal came first: what had started is undone.
Task<bool> Service::start() {
    std::exception_ptr error;
    bool abandoned = false;
    {
        Scope scope(*current_scope(), "start");
        starting_ = &scope;
        Task<> starting = running_.start();
        try {
            co_await run_in(scope, starting);
            listen();
        } catch (const Cancelled&) {
            abandoned = true;
        } catch (const std::exception&) {
            error = std::current_exception();
        }
        starting_ = nullptr;
    }
    if (!error && !abandoned) co_return true;
    if (abandoned) log::info("start abandoned");
    co_await server_.stop();
    remove_socket_files();
    Task<std::size_t> stop =
        running_.stop(Running::Pending::give_up, app_.options.shutdown.cancel_grace);
    threads_left_ = co_await std::move(stop) > 0;
    if (error) std::rethrow_exception(error);
    co_return false;
}

void Service::listen() {
    const ServerSettings& settings = app_.options.server;
    std::vector<http::ListenOptions> places{{.address = settings.address, .port = settings.port}};
    if (http::ListenOptions::is_path(settings.address))
        places.front() = http::ListenOptions::from_text(settings.address).value();
    for (const std::string& text : settings.listen)
        places.push_back(http::ListenOptions::from_text(text).value());
    for (http::ListenOptions& place : places) {
        place.backlog = settings.backlog;
        http::ListeningSocket listening = http::open_listener(place);
        const std::string url = listening.url();
        server_.listen(std::move(listening.socket));
        if (!place.path.empty()) remember_socket_file(place.path);
        log::info("listening",
                  {{"service", app_.name},
                   {"url", url},
                   {"stops_within", app_.options.shutdown.longest(app_.stop_hooks())}});
    }
}

namespace {

std::optional<SocketFile> look_at(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    const auto& changed = status.st_ctim;
    return SocketFile{path, status.st_dev, status.st_ino, changed.tv_sec, changed.tv_nsec};
}

}  // namespace

void Service::remember_socket_file(const std::string& path) {
    if (auto file = look_at(path)) socket_files_.push_back(*std::move(file));
}

// Nobody listens there any more; a successor may have made a file of its own meanwhile.
void Service::remove_socket_files() noexcept {
    for (const SocketFile& file : socket_files_)
        if (look_at(file.path) == file) ::unlink(file.path.c_str());
    socket_files_.clear();
}

void Service::on_signal(int signal) {
    if (signal == SIGHUP) reload();
    if (signal != SIGTERM && signal != SIGINT && signal != 0) return running_.on_signal(signal);
    if (signal == 0)
        log::info("asked to stop by the service itself");
    else
        log::info("signal", {{"signal", workers::signal_name(signal)}});
    if (starting_ != nullptr) {
        starting_->cancel(CancelReason::shutdown);
    } else {
        stop_.set();
    }
}

std::string_view Service::failed_part() const noexcept {
    const std::string& part = running_.starting_part();
    return part.empty() ? std::string_view("service") : part;
}

// Reads everything again into settings of its own: the old ones are in use, also by other threads. Then
// workers that know the old world are replaced.
void Service::reload() {
    App::State fresh(app_.name, app_.arguments, app_.environment, app_.default_file);
    fresh.settings.borrow(app_.settings);
    try {
        (void)fresh.settings.load_or_throw(fresh.arguments, fresh.environment, fresh.default_file);
    } catch (const config::ConfigError& error) {
        std::vector<std::string> problems;
        for (const config::Problem& problem : error.problems())
            problems.push_back(problem.sentence());
        log::error("not reloaded, nothing is changed: the settings are wrong",
                   {{"problems", joined(problems, "; ")}});
        return;
    }
    const config::Settings::Changes changes = app_.settings.take_over(fresh.settings);
    const log::Level level = app_.options.log.level;
    log::set_level(std::min({level, log::level(), log::Level::info}));  // so that this is seen
    log::info("reloaded",
              {{"changed", changes.taken.empty() ? "nothing" : joined(changes.taken, ", ")}});
    if (!changes.for_restart.empty())
        log::warning("changed settings need a restart",
                     {{"settings", joined(changes.for_restart, ", ")}});
    log::set_level(level);
    running_.meter().set_access_log(app_.options.log.access);
    server_.set_limits(server_options(app_.options.server));
    running_.publish_settings();
    running_.roll_workers();
}

}  // namespace troika::detail
