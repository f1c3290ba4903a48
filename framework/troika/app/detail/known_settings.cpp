#include <troika/app/detail/known_settings.hpp>
#include <troika/app/detail/process_limits.hpp>
#include <troika/data/nearest.hpp>
#include <troika/http/server/listen.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/usable_cpus.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace troika::detail {

namespace {

void add_server_settings(config::Settings& settings, AppSettings& options) {
    settings.section(
        "server", options.server,
        {{"address",
          "IP address to listen on; 0.0.0.0 or :: for every interface; or only a unix domain "
          "socket: "
          "unix:/run/service.sock"},
         {"port", "TCP port; 0 takes a free one and prints it"},
         {"listen",
          "further places to listen at: 127.0.0.1:8081, [::1]:8081, unix:/run/service.sock"},
         {"backlog", "connections the kernel keeps until they are accepted"},
         {"server_name", "the Server field of every answer; empty: none"},
         {"trusted_proxies",
          "networks, addresses or 'unix' whose Forwarded, or else X-Forwarded-For and -Proto, are "
          "believed; both at once: neither"},
         {"max_connections", "open connections; 0: 90 % of the descriptors that are left"},
         {"connections_per_address",
          "connections of one client address, an IPv6 /64 counted as one; 0: any (503)"},
         {"requests_per_connection",
          "requests until the answer says Connection: close; 0: any number"},
         {"max_in_flight",
          "requests being answered, streams included, before others are shed; 0: any (503)"},
         {"max_lag", "how late the event loop may be before requests are shed; 0: never (503)"},
         {"max_body", "longest request body, where a route does not say otherwise (413)"},
         {"max_buffered_bytes",
          "memory for request bodies of all connections; 0: 256 MiB, or a quarter of the memory "
          "limit (503)"},
         {"max_request_line", "longest request line (414)"},
         {"max_head", "longest request head (431)"},
         {"max_fields", "most header fields of a request (431)"},
         {"max_empty_lines", "most empty lines before a request (400)"},
         {"memory_file_threshold", "longer bodies for workers are received into a memory file"},
         {"unsent_limit", "answers a client has not taken before its next requests wait"},
         {"discard_limit", "longest unread body that is skipped to keep its connection"},
         {"linger_limit", "most bytes read after the last answer of a connection"},
         {"handler_deadline",
          "from the call of the handler, its body complete, to the answer; queues included (504)"},
         {"head_timeout", "from the first byte of a request to its complete head (408)"},
         {"idle_timeout", "how long a connection may wait between requests"},
         {"idle_when_full",
          "how long idle, a connection may be closed for a client that waits at max_connections"},
         {"write_timeout", "how long a client may take nothing of its answer"},
         {"body_rate", "bytes a second a request body must keep on average (408)"},
         {"body_grace", "how long a body may be slower than body_rate at its beginning"},
         {"body_silence", "how long a body may be silent, however quick it was before (408)"},
         {"budget_wait", "how long a body may wait for room in max_buffered_bytes (503)"},
         {"linger", "how long a client may go on sending after the last answer"},
         {"half_sent_silence", "while stopping: how long a half-sent request may be silent"}});
}

void add_pool_settings(config::Settings& settings, AppSettings& options) {
    settings.section("threads", options.threads,
                     {{"threads", "threads for blocking calls; 0: usable CPUs + 4, at most 32"},
                      {"queue_limit", "calls that may wait for a thread; more get 503"},
                      {"queue_wait", "longest wait for a thread, then 503"}});
    settings.section(
        "processes", options.processes,
        {{"processes", "worker processes; 0: one for each usable CPU"},
         {"queue_limit", "jobs that may wait for a worker; more get 503"},
         {"queue_wait", "longest wait for a worker, then 503"},
         {"job_deadline", "longest run of a job, its wait excluded (504); 0: the request's"},
         {"stop_grace", "from asking a job to stop to killing its worker"},
         {"max_memory", "address space a job may add to its worker's; 0: any"},
         {"max_open_files", "descriptors a worker may have during a job; 0: any"},
         {"recycle_jobs", "a worker is replaced after so many jobs; 0: never"},
         {"recycle_memory", "a worker that keeps more than this is replaced; 0: never"},
         {"recycle_age", "a worker is replaced after this time; 0: never"}});
}

void add_life_settings(config::Settings& settings, AppSettings& options) {
    settings.section(
        "shutdown", options.shutdown,
        {{"lame_duck", "how long a stopping service still accepts, with readiness off"},
         {"drain_timeout", "how long requests under way may take to finish"},
         {"cancel_grace", "how long cancelled requests and jobs may take to end"},
         {"hook_timeout",
          "how long each stop hook may take; the sum printed at start counts them all"}});
    settings.section(
        "log", options.log,
        {{"level", "least severe lines that are written"},
         {"format", "text, json, or automatic: text on a terminal"},
         {"access",
          "one line for each request, refused ones too; without queries, which hold secrets"},
         {"blocked_loop",
          "how long the event loop may stand still before a line names route and stack; 0: for "
          "ever"}});
}

// As one would write it in a file or behind a flag: 8080, 30s, 32KiB.
template <typename T>
std::string words(const T& value) {
    std::string text = data::to_json(value);
    std::erase(text, '"');
    return text;
}

// Refuses a value outside [low, high].
template <typename T>
void bound(config::Settings& settings, std::string_view path, const T& value,
           const std::type_identity_t<T>& low, const std::type_identity_t<T>& high) {
    settings.rule(path, [&value, low, high]() -> std::optional<std::string> {
        if (value >= low && value <= high) return std::nullopt;
        return "expected " + words(low) + " to " + words(high) + ", found " + words(value);
    });
}

void add_bounds(config::Settings& settings, const AppSettings& options) {
    using std::chrono::milliseconds;
    constexpr milliseconds kTick{1};
    constexpr milliseconds kDay = std::chrono::hours(24);
    const ServerSettings& server = options.server;
    bound(settings, "server.backlog", server.backlog, 1, 1 << 20);
    bound(settings, "server.max_empty_lines", server.max_empty_lines, 0, 1'000);
    bound(settings, "server.body_rate", server.body_rate, 1, 1 << 30);
    bound(settings, "server.unsent_limit", server.unsent_limit, 1024, 1 << 30);
    bound(settings, "server.discard_limit", server.discard_limit, 0, 1 << 30);
    bound(settings, "server.linger_limit", server.linger_limit, 0, 1 << 30);
    bound(settings, "server.max_fields", server.max_fields, 1, 10'000);
    bound(settings, "server.max_head", server.max_head, 256, 16 << 20);
    bound(settings, "server.max_request_line", server.max_request_line, 64, 16 << 20);
    bound(settings, "server.handler_deadline", server.handler_deadline, kTick, kDay);
    bound(settings, "server.head_timeout", server.head_timeout, kTick, kDay);
    bound(settings, "server.idle_timeout", server.idle_timeout, kTick, kDay);
    bound(settings, "server.idle_when_full", server.idle_when_full, milliseconds(0), kDay);
    bound(settings, "server.max_lag", server.max_lag, milliseconds(0), kDay);
    bound(settings, "server.write_timeout", server.write_timeout, kTick, kDay);
    bound(settings, "server.body_grace", server.body_grace, milliseconds(0), kDay);
    bound(settings, "server.body_silence", server.body_silence, kTick, kDay);
    bound(settings, "server.budget_wait", server.budget_wait, kTick, kDay);
    bound(settings, "server.linger", server.linger, milliseconds(0), kDay);
    bound(settings, "server.half_sent_silence", server.half_sent_silence, kTick, kDay);
    bound(settings, "threads.threads", options.threads.threads, 0, 4096);
    bound(settings, "threads.queue_wait", options.threads.queue_wait, kTick, kDay);
    bound(settings, "processes.processes", options.processes.processes, 0, 1024);
    bound(settings, "processes.queue_wait", options.processes.queue_wait, kTick, kDay);
    bound(settings, "processes.stop_grace", options.processes.stop_grace, milliseconds(0), kDay);
    bound(settings, "processes.job_deadline", options.processes.job_deadline, milliseconds(0),
          kDay);
    bound(settings, "processes.recycle_age", options.processes.recycle_age, milliseconds(0),
          365 * kDay);
    const ShutdownSettings& shutdown = options.shutdown;
    bound(settings, "log.blocked_loop", options.log.blocked_loop, milliseconds(0), kDay);
    bound(settings, "shutdown.lame_duck", shutdown.lame_duck, milliseconds(0), kDay);
    bound(settings, "shutdown.drain_timeout", shutdown.drain_timeout, milliseconds(0), kDay);
    bound(settings, "shutdown.cancel_grace", shutdown.cancel_grace, milliseconds(0), kDay);
    bound(settings, "shutdown.hook_timeout", shutdown.hook_timeout, kTick, kDay);
}

// Settings that are wrong together.
void add_relations(config::Settings& settings, const ServerSettings& server) {
    settings.rule("server.max_request_line", [&server]() -> std::optional<std::string> {
        if (server.max_request_line <= server.max_head) return std::nullopt;
        return "expected at most server.max_head, " + words(server.max_head) + ", found " +
               words(server.max_request_line);
    });
    settings.rule("server.max_buffered_bytes", [&server]() -> std::optional<std::string> {
        const data::ByteSize room = server.max_buffered_bytes;
        if (room == 0 || room >= server.max_body) return std::nullopt;
        return "expected 0 or at least server.max_body, " + words(server.max_body) +
               ", or the longest bodies would never find room; found " + words(room);
    });
}

// What "0: ..." stands for on this machine.
void add_derived(config::Settings& settings, const AppSettings& options) {
    const auto derived = [&settings](std::string_view path, const auto& value, auto in_use) {
        settings.derived(path, [&value, in_use]() -> std::optional<std::string> {
            if (value != 0) return std::nullopt;
            return data::to_json(in_use());
        });
    };
    const ServerSettings& server = options.server;
    derived("server.max_connections", server.max_connections, connections_allowed);
    derived("server.max_buffered_bytes", server.max_buffered_bytes, buffered_bytes_allowed);
    derived("threads.threads", options.threads.threads, workers::default_threads);
    derived("processes.processes", options.processes.processes,
            [] { return workers::usable_cpus(); });
}

std::optional<std::string> wrong_address(const std::string& address) {
    in6_addr any{};
    if (::inet_pton(AF_INET, address.c_str(), &any) == 1) return std::nullopt;
    if (::inet_pton(AF_INET6, address.c_str(), &any) == 1) return std::nullopt;
    if (http::ListenOptions::is_path(address) && http::ListenOptions::from_text(address))
        return std::nullopt;
    return "expected an IP address (127.0.0.1: this machine only, 0.0.0.0: every interface) or "
           "unix:/run/service.sock, found " +
           data::excerpt(address);
}

}  // namespace

void add_known_settings(config::Settings& settings, AppSettings& options) {
    add_server_settings(settings, options);
    add_pool_settings(settings, options);
    add_life_settings(settings, options);
    add_bounds(settings, options);
    add_relations(settings, options.server);
    add_derived(settings, options);
    // All that is read anew for each request, connection or line.
    settings.reloadable({"server.max_body", "server.handler_deadline", "server.head_timeout",
                         "server.idle_timeout", "server.idle_when_full", "server.write_timeout",
                         "server.body_rate", "server.body_grace", "server.requests_per_connection",
                         "server.max_in_flight", "server.max_lag", "log.level", "log.access"});
    settings.rule("server.listen", [&options]() -> std::optional<std::string> {
        for (const std::string& place : options.server.listen) {
            if (!http::ListenOptions::from_text(place))
                return "expected 127.0.0.1:8081, [::1]:8081 or unix:/run/service.sock, found " +
                       data::excerpt(place);
        }
        return std::nullopt;
    });
    settings.rule("server.server_name", [&options]() -> std::optional<std::string> {
        const auto is_odd = [](char c) { return c < ' ' || c >= 0x7f; };
        const std::string& name = options.server.server_name;
        if (std::none_of(name.begin(), name.end(), is_odd)) return std::nullopt;
        return "expected printable ASCII, found " + data::excerpt(name);
    });
    settings.rule("server.address", [&options] { return wrong_address(options.server.address); });
}

}  // namespace troika::detail
