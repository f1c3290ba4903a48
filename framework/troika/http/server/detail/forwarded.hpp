#pragma once

#include <troika/http/message/network.hpp>
#include <troika/http/message/request.hpp>

#include <vector>

namespace troika::http::detail {

bool is_trusted(const Peer& peer, const std::vector<Network>& trusted) noexcept;

// Who the client is, and whether it came by https, as the proxies tell: Forwarded (RFC 7239), else
// X-Forwarded-For and -Proto. The list is read from its end, which the nearest proxy wrote, to the first
// address that is not trusted; what is left of that is hearsay. For requests of a trusted peer only.
void take_forwarded(Request& request, const std::vector<Network>& trusted);

}  // namespace troika::http::detail
