#pragma once

#include <troika/http/codec/head_parser.hpp>
#include <troika/http/message/network.hpp>
#include <troika/http/server/file_reading.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace troika::http {

struct ServerOptions {
    HeadLimits head;
    std::string server_name = "troika";    // the Server field; empty: none
    std::vector<Network> trusted_proxies;  // whose Forwarded or else X-Forwarded-* is believed

    std::size_t body_limit = 1024 * 1024;             // bytes a request; more: 413
    std::size_t memory_file_threshold = 1024 * 1024;  // larger bodies: a memory file where wanted
    std::size_t max_buffered_bytes = 256 * 1024 * 1024;  // for all bodies together
    std::size_t max_connections = 0;                     // 0: 90 % of the free descriptors
    std::size_t connections_per_address = 0;  // 0: any; more: 503. An IPv6 /64 is one address
    std::size_t requests_per_connection = 0;  // 0: any; the last answer says Connection: close
    // Above one of these, new requests are 503 at once but for those of health endpoints. 0: never.
    std::size_t max_in_flight = 0;           // requests being answered, streams included
    std::chrono::milliseconds max_lag{0};    // by which the loop is late
    std::size_t unsent_limit = 64 * 1024;    // of replies, before pipelining waits
    std::size_t discard_limit = 256 * 1024;  // of an unread body, to keep the connection

    std::chrono::milliseconds head_timeout{10'000};  // first byte to complete head: 408
    std::chrono::milliseconds idle_timeout{60'000};  // between requests, and before the first
    // At max_connections, while others wait: who has been idle so long may be closed for them.
    std::chrono::milliseconds idle_when_full{1'000};
    std::chrono::milliseconds write_timeout{30'000};     // without progress: reset
    std::chrono::milliseconds handler_deadline{30'000};  // its call to its response: 504
    std::chrono::milliseconds budget_wait{5'000};        // for room among the bodies: 503
    std::chrono::milliseconds body_grace{5'000};         // before the rate below counts
    std::size_t body_rate = 240;                         // bytes a second, on average: else 408
    std::chrono::milliseconds body_silence{30'000};      // what bytes sent before may buy: else 408
    std::chrono::milliseconds linger{1'000};             // reading on after the last answer
    std::size_t linger_limit = 16 * 1024 * 1024;         // bytes read meanwhile
    std::chrono::milliseconds half_sent_silence{1'000};  // while draining: then closed

    // For parts of files that are on a disk only. Unset: the loop waits for the disk.
    ReadAhead read_ahead{};
};

}  // namespace troika::http
