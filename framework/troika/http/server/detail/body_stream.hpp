#pragma once

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/stream.hpp>
#include <troika/http/server/detail/connection.hpp>

namespace troika::http::detail {

// The body of a request whose endpoint streams it, read from the connection as it is pulled.
class BodyStream final : public Stream {
  public:
    explicit BodyStream(Connection& connection) noexcept : connection_(connection) {}
    Task<std::optional<std::string_view>> next() override;
    std::optional<std::uint64_t> length() const override;

  private:
    Connection& connection_;
};

}  // namespace troika::http::detail
