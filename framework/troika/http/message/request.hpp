#pragma once

#include <troika/async/clock.hpp>
#include <troika/http/message/path_parameters.hpp>
#include <troika/http/message/peer.hpp>
#include <troika/http/message/request_body.hpp>
#include <troika/http/message/request_head.hpp>
#include <troika/http/message/request_id.hpp>

#include <charconv>
#include <concepts>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace troika::http {

// One request, as a handler sees it.
//
//   Lifetime      Belongs to the connection and lives until its response is written or given up.
//                 Views are valid as long, and until the part they look into is changed. May be moved
//                 out by whoever carries it to a thread.
//   Threads       Event-loop thread, or the one thread it was moved to.
//   Errors        Accessors that convert throw HttpError 400 or 415 naming the part.
class Request final {
  public:
    Request() = default;
    // For requests that come from no connection; throws Error for an unroutable target.
    Request(Method method, std::string_view target) : head_(method, target) {}
    Request(Request&&) = default;
    Request& operator=(Request&&) = default;

    const RequestHead& head() const noexcept { return head_; }
    RequestHead& head() noexcept { return head_; }
    Method method() const noexcept { return head_.method(); }
    std::string_view target() const noexcept { return head_.target(); }
    std::string_view path() const noexcept { return head_.path(); }
    std::string_view host() const noexcept { return head_.host(); }
    const Headers& headers() const noexcept { return head_.headers(); }
    Headers& headers() noexcept { return head_.headers(); }
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        return headers().get(name);
    }

    // What `{name}` of the route matched. Throws Error when the route has no such part: a bug.
    std::string_view parameter(std::string_view name) const;
    // The same as a number; 400 when it is none or does not fit.
    template <std::integral T>
    T parameter(std::string_view name) const {
        return number<T>("path parameter", name, parameter(name));
    }
    const PathParameters& parameters() const noexcept { return parameters_; }
    PathParameters& parameters() noexcept { return parameters_; }

    // The first query parameter of that name, decoded; 400 when its escapes are malformed.
    std::optional<std::string> query(std::string_view name) const;
    template <std::integral T>
    std::optional<T> query(std::string_view name) const {
        const std::optional<std::string> text = query(name);
        if (!text) return std::nullopt;
        return number<T>("query parameter", name, *text);
    }

    const RequestBody& body() const noexcept { return body_; }
    RequestBody& body() noexcept { return body_; }
    // The body of a route that takes it as it arrives (RouteOptions::stream_body); reading on is what
    // lets the client send on. Throws Error for a body that was buffered: a bug.
    Stream& stream() const;
    // The whole body as bytes; see RequestBody::view().
    std::string_view bytes() const { return body_.view(); }
    // 415 when a Content-Type is there and is no JSON, 400 with the position when it does not
    // parse.
    nlohmann::json json() const;
    // The same as a described struct; include <troika/http/message/json_body.hpp> to call it. 422 with the
    // path of what does not fit.
    template <typename T>
    T json() const;

    const Peer& peer() const noexcept { return peer_; }
    void set_peer(const Peer& peer) noexcept { peer_ = peer; }

    // "https" where a trusted proxy said so (ServerOptions::trusted_proxies), else "http".
    std::string_view scheme() const noexcept { return secure_ ? "https" : "http"; }
    void set_secure(bool secure) noexcept { secure_ = secure; }

    // The client's X-Request-Id when it is sensible (at most 128 printable characters without
    // quotes), else one made at the first call. Names the request in logs and problems.
    std::string_view id() const;
    bool has_id() const noexcept { return id_is_made() || header("x-request-id").has_value(); }
    bool id_is_made() const noexcept { return !id_.empty(); }  // id() has been called
    void set_id(std::string id) { id_ = std::move(id); }
    void set_id_source(RequestIdSource& source) noexcept { id_source_ = &source; }

    // The pattern of the route that answers, "/documents/{id}"; empty before it is known.
    std::string_view route() const noexcept { return route_; }
    void set_route(std::string_view pattern) noexcept { route_ = pattern; }

    // When the answer must be ready; nothing without a limit.
    std::optional<Clock::TimePoint> deadline() const noexcept { return deadline_; }
    void set_deadline(std::optional<Clock::TimePoint> deadline) noexcept { deadline_ = deadline; }

    // Back to empty for the next request; keeps small memory, gives large memory back.
    void recycle() noexcept;

  private:
    void check_json_type() const;
    template <typename T>
    static T number(std::string_view kind, std::string_view name, std::string_view text) {
        T value{};
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc{} || end != text.data() + text.size()) bad_number(kind, name, text);
        return value;
    }
    [[noreturn]] static void bad_number(std::string_view kind, std::string_view name,
                                        std::string_view text);

    RequestHead head_;
    PathParameters parameters_;
    RequestBody body_;
    Peer peer_;
    std::optional<Clock::TimePoint> deadline_;
    RequestIdSource* id_source_ = nullptr;
    std::string_view route_;
    mutable std::string id_;
    bool secure_ = false;
};

}  // namespace troika::http

namespace troika {
using http::Request;
}
