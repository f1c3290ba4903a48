#pragma once

#include <troika/http/message/headers.hpp>
#include <troika/http/message/method.hpp>

#include <cstdint>
#include <string_view>

namespace troika::http {

// Start line and fields: all that is known when a request is given its endpoint. Everything lies in
// the block of its headers; views are valid until the headers are changed.
class RequestHead final {
  public:
    RequestHead() = default;
    // For requests that come from no connection. Throws Error for a target is_routable_path()
    // refuses;
    // "*" is taken.
    RequestHead(Method method, std::string_view target);

    Method method() const noexcept { return method_; }
    // As received: "/a%20b?c=d", "http://host/a", "*".
    std::string_view target() const noexcept { return part(target_); }
    // Still percent-encoded; "/" where an absolute target has none.
    std::string_view path() const noexcept;
    // Behind the '?', still encoded.
    std::string_view query() const noexcept { return part(query_); }
    // The authority of an absolute target, else the Host field (RFC 9112 3.2.2).
    std::string_view host() const noexcept;
    // 0 or 1: HTTP/1.0 or HTTP/1.1.
    int minor_version() const noexcept { return minor_version_; }

    const Headers& headers() const noexcept { return headers_; }
    Headers& headers() noexcept { return headers_; }

    // For the codec: the target lies at [at, at + length) of the headers' block. False when it is
    // neither an origin-form, absolute-form (http, https) nor "*" that may be routed.
    bool assign(Method method, int minor_version, std::uint32_t at, std::uint32_t length);
    void clear() noexcept;

  private:
    struct Part {
        std::uint32_t at = 0;
        std::uint32_t length = 0;
    };
    std::string_view part(Part part) const noexcept {
        return headers_.block().substr(part.at, part.length);
    }

    Headers headers_;
    Part target_;
    Part path_;
    Part query_;
    Part authority_;
    Method method_ = Method::get;
    std::uint8_t minor_version_ = 1;
};

}  // namespace troika::http

namespace troika {
using http::RequestHead;
}
