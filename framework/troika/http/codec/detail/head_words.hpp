#pragma once

#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/method.hpp>

#include <algorithm>
#include <ostream>  // verb.hpp uses it without saying so
#include <string_view>

#include <boost/beast/http/verb.hpp>

// The words of a head, without its grammar. Inline: they are asked for each request.
namespace troika::http::detail {

inline Method method_of(boost::beast::http::verb which) noexcept {
    using boost::beast::http::verb;
    switch (which) {
        case verb::get: return Method::get;
        case verb::head: return Method::head;
        case verb::post: return Method::post;
        case verb::put: return Method::put;
        case verb::delete_: return Method::delete_;
        case verb::patch: return Method::patch;
        case verb::options: return Method::options;
        case verb::connect: return Method::connect;
        case verb::trace: return Method::trace;
        default: return Method::unknown;
    }
}

// RFC 9112 3.2: uri-host [":" port]. Empty is allowed where there is no authority.
inline bool is_host(std::string_view host) noexcept {
    if (!host.empty() && host.front() == '[') {
        const std::size_t bracket = host.find(']');
        if (bracket == std::string_view::npos) return false;
        for (const char c : host.substr(1, bracket - 1)) {
            if (hex_value(c) < 0 && c != ':' && c != '.') return false;
        }
        host.remove_prefix(bracket + 1);
        if (host.empty()) return true;
        if (host.front() != ':') return false;
    }
    const std::size_t colon = std::min(host.find(':'), host.size());
    static constexpr CharSet kHostChars("-._~!$&'()*+;=%");
    if (!kHostChars.has_all(host.substr(0, colon))) return false;
    const std::string_view port = host.substr(std::min(colon + 1, host.size()));
    return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

// True where a CR has no LF behind it; one at the very end may still get it.
bool has_lone_cr(std::string_view bytes) noexcept;

// The same, or where a LF has no CR before it.
bool has_odd_line_end(std::string_view bytes) noexcept;

}  // namespace troika::http::detail
