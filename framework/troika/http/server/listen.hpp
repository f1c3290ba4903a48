#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troika::http {

struct ListenOptions {
    std::string address = "127.0.0.1";  // numeric, v4 or v6
    std::uint16_t port = 8080;          // 0: a free one
    int backlog = 4096;
    std::string path{};  // of a unix domain socket, instead of address and port

    // "127.0.0.1:8080", "[::1]:8080", "unix:/run/service.sock"; nothing for anything else.
    static std::optional<ListenOptions> from_text(std::string_view text);
    // Whether such a text means a unix domain socket.
    static bool is_path(std::string_view text) noexcept { return text.starts_with("unix:"); }
};

struct ListeningSocket {
    UniqueFd socket;
    std::string address;
    std::uint16_t port = 0;  // the one chosen, where 0 was asked for
    std::string path{};

    // "http://127.0.0.1:8080", "unix:/run/service.sock".
    std::string url() const;
};

// A socket file that nobody listens at any more is replaced; one that is alive is not. It is not removed
// when the socket is closed.
//
// Throws IoError naming the place; Error for an address that is none.
ListeningSocket open_listener(const ListenOptions& options);

}  // namespace troika::http
