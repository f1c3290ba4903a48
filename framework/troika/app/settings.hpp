#pragma once

#include <troika/data/described.hpp>
#include <troika/data/units.hpp>
#include <troika/http/message/network.hpp>
#include <troika/observe/log.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troika::log {
BOOST_DESCRIBE_ENUM(Level, trace, debug, info, warning, error, critical, off)
BOOST_DESCRIBE_ENUM(Format, automatic, text, json)
}  // namespace troika::log

// The settings every service has. app/ is the only layer that turns settings into the option structs
// of the layers below; their meaning, units and limits are written there.
namespace troika {

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::vector<std::string> listen{};
    int backlog = 4096;
    std::string server_name = "troika";
    std::vector<http::Network> trusted_proxies{};
    std::size_t max_connections = 0;
    std::size_t connections_per_address = 0;
    std::size_t requests_per_connection = 0;
    std::size_t max_in_flight = 0;
    std::chrono::milliseconds max_lag{0};
    data::ByteSize max_body = 1024 * 1024;
    data::ByteSize max_buffered_bytes = 0;
    data::ByteSize max_request_line = 8 * 1024;
    data::ByteSize max_head = 32 * 1024;
    std::size_t max_fields = 100;
    std::size_t max_empty_lines = 4;
    data::ByteSize memory_file_threshold = 1024 * 1024;
    data::ByteSize unsent_limit = 64 * 1024;
    data::ByteSize discard_limit = 256 * 1024;
    data::ByteSize linger_limit = 16 * 1024 * 1024;
    std::chrono::milliseconds handler_deadline{30'000};
    std::chrono::milliseconds head_timeout{10'000};
    std::chrono::milliseconds idle_timeout{60'000};
    std::chrono::milliseconds idle_when_full{1'000};
    std::chrono::milliseconds write_timeout{30'000};
    data::ByteSize body_rate = 240;
    std::chrono::milliseconds body_grace{5'000};
    std::chrono::milliseconds body_silence{30'000};
    std::chrono::milliseconds budget_wait{5'000};
    std::chrono::milliseconds linger{1'000};
    std::chrono::milliseconds half_sent_silence{1'000};
};
BOOST_DESCRIBE_STRUCT(ServerSettings, (),
                      (address, port, listen, backlog, server_name, trusted_proxies,
                       max_connections, connections_per_address, requests_per_connection,
                       max_in_flight, max_lag, max_body, max_buffered_bytes, max_request_line,
                       max_head, max_fields, max_empty_lines, memory_file_threshold, unsent_limit,
                       discard_limit, linger_limit, handler_deadline, head_timeout, idle_timeout,
                       idle_when_full, write_timeout, body_rate, body_grace, body_silence,
                       budget_wait, linger, half_sent_silence))

struct ThreadSettings {
    int threads = 0;
    std::size_t queue_limit = 1024;
    std::chrono::milliseconds queue_wait{5'000};
};
BOOST_DESCRIBE_STRUCT(ThreadSettings, (), (threads, queue_limit, queue_wait))

struct ProcessSettings {
    int processes = 0;
    std::size_t queue_limit = 256;
    std::chrono::milliseconds queue_wait{5'000};
    std::chrono::milliseconds job_deadline{0};
    std::chrono::milliseconds stop_grace{1'000};
    data::ByteSize max_memory = 0;
    std::size_t max_open_files = 0;
    std::size_t recycle_jobs = 0;
    data::ByteSize recycle_memory = 0;
    std::chrono::milliseconds recycle_age{0};
};
BOOST_DESCRIBE_STRUCT(ProcessSettings, (),
                      (processes, queue_limit, queue_wait, job_deadline, stop_grace, max_memory,
                       max_open_files, recycle_jobs, recycle_memory, recycle_age))

// The rungs of the shutdown ladder (detail/shutdown.cpp has the picture).
struct ShutdownSettings {
    std::chrono::milliseconds lame_duck{0};
    std::chrono::milliseconds drain_timeout{7'000};
    std::chrono::milliseconds cancel_grace{1'000};
    std::chrono::milliseconds hook_timeout{1'000};

    // From the first signal to the end of the process, at the latest. Behind the rungs come half a
    // second for pools and log, and every stop hook with its own hook_timeout; at least a second.
    std::chrono::milliseconds longest(std::size_t stop_hooks) const noexcept {
        using std::chrono::milliseconds;
        const milliseconds last = milliseconds(500) + hook_timeout * static_cast<int>(stop_hooks);
        return lame_duck + drain_timeout + cancel_grace + std::max(last, milliseconds(1'000));
    }
};
BOOST_DESCRIBE_STRUCT(ShutdownSettings, (), (lame_duck, drain_timeout, cancel_grace, hook_timeout))

struct LogSettings {
    log::Level level = log::Level::info;
    log::Format format = log::Format::automatic;
    bool access = false;
    std::chrono::milliseconds blocked_loop{400};
};
BOOST_DESCRIBE_STRUCT(LogSettings, (), (level, format, access, blocked_loop))

struct AppSettings {
    ServerSettings server;
    ThreadSettings threads;
    ProcessSettings processes;
    ShutdownSettings shutdown;
    LogSettings log;
};

}  // namespace troika
