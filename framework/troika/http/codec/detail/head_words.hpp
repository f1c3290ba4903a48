#pragma once

#include <troika/http/message/method.hpp>

#include <boost/beast/http/verb.hpp>

#include <string_view>

// The words of a head, without its grammar.
namespace troika::http::detail {

Method method_of(boost::beast::http::verb verb) noexcept;

// RFC 9112 3.2: uri-host [":" port]. Empty is allowed where there is no authority.
bool is_host(std::string_view host) noexcept;

// True where a CR has no LF behind it; one at the very end may still get it.
bool has_lone_cr(std::string_view bytes) noexcept;

// The same, or where a LF has no CR before it.
bool has_odd_line_end(std::string_view bytes) noexcept;

}  // namespace troika::http::detail
