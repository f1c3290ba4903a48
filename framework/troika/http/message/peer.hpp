#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sockaddr;

namespace troika::http {

// Who is at the other end: 20 bytes a connection, made into text only when asked.
class Peer final {
  public:
    Peer() noexcept = default;
    explicit Peer(const sockaddr& address) noexcept;

    // "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"; nothing for anything else.
    static std::optional<Peer> from_text(std::string_view text);

    // "192.0.2.1", "2001:db8::1"; "local" for a request that came over no network.
    std::string address() const;
    std::uint16_t port() const noexcept { return port_; }
    // The address in network order: 4 bytes, 16, or none for "local".
    std::span<const std::uint8_t> bytes() const noexcept;

  private:
    enum class Family : std::uint8_t { none, v4, v6 };
    std::array<std::uint8_t, 16> bytes_{};
    std::uint16_t port_ = 0;
    Family family_ = Family::none;
};

}  // namespace troika::http
