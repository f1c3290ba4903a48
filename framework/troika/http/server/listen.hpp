#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstdint>
#include <string>

namespace troika::http {

struct ListenOptions {
    std::string address = "127.0.0.1";  // numeric, v4 or v6
    std::uint16_t port = 8080;          // 0: a free one
    int backlog = 4096;
};

struct ListeningSocket {
    UniqueFd socket;
    std::string address;
    std::uint16_t port = 0;  // the one chosen, where 0 was asked for
};

// Throws IoError naming address and port; Error for an address that is none.
ListeningSocket open_listener(const ListenOptions& options);

}  // namespace troika::http
