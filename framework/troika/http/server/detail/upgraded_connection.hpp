#pragma once

#include <troika/http/message/upgraded.hpp>
#include <troika/http/server/detail/connection.hpp>

namespace troika::http::detail {

// A connection's bytes for whoever took it over with an upgrade.
class UpgradedConnection final : public Upgraded {
  public:
    explicit UpgradedConnection(Connection& connection) noexcept : connection_(connection) {}
    Task<std::string_view> read() override;
    Task<> write(std::string_view bytes) override;

  private:
    using Wait = Connection::Wait;
    Connection& connection_;
    std::size_t given_ = 0;
};

}  // namespace troika::http::detail
