#include <troika/http/detail/ascii.hpp>
#include <troika/http/server/detail/forwarded.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace troika::http::detail {

namespace {

// One hop, as the proxy behind it tells.
struct Hop {
    std::optional<Peer> from;
    std::string_view scheme;
};

std::string_view unquote(std::string_view text) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return text;
}

// for=192.0.2.43;proto=http;by="[2001:db8::1]". Commas and semicolons within quotes are in none of the
// forms that name an address.
Hop parse_forwarded(std::string_view element) {
    Hop hop;
    while (!element.empty()) {
        const std::size_t semicolon = element.find(';');
        const std::string_view pair = trim(element.substr(0, semicolon));
        element = semicolon == std::string_view::npos ? std::string_view{}
                                                      : element.substr(semicolon + 1);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view value = unquote(pair.substr(equals + 1));
        if (equal_ignoring_case(pair.substr(0, equals), "for")) hop.from = Peer::from_text(value);
        if (equal_ignoring_case(pair.substr(0, equals), "proto")) hop.scheme = value;
    }
    return hop;
}

std::vector<Hop> hops_of(const Headers& headers) {
    std::vector<Hop> hops;
    const bool standard = headers.contains("forwarded");
    // A proxy writes one of the two and hands on the other as its client sent it; which, we cannot know.
    if (standard && (headers.contains("x-forwarded-for") || headers.contains("x-forwarded-proto")))
        return hops;
    for (const Headers::Field field : headers) {
        if (!equal_ignoring_case(field.name, standard ? "forwarded" : "x-forwarded-for")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::string_view element = next_element(rest);
            hops.push_back(standard ? parse_forwarded(element) : Hop{Peer::from_text(element), {}});
        }
    }
    if (standard) return hops;
    // One for each hop, or the nearest proxy's word alone.
    std::string_view last;
    for (const Headers::Field field : headers) {
        if (!equal_ignoring_case(field.name, "x-forwarded-proto")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) last = next_element(rest);
    }
    if (hops.empty() && !last.empty()) hops.push_back({});
    if (!hops.empty()) hops.back().scheme = last;
    return hops;
}

}  // namespace

bool is_trusted(const Peer& peer, const std::vector<Network>& trusted) noexcept {
    return std::any_of(trusted.begin(), trusted.end(),
                       [&](const Network& network) { return network.contains(peer); });
}

void take_forwarded(Request& request, const std::vector<Network>& trusted) {
    const std::vector<Hop> hops = hops_of(request.headers());
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        if (!hop->scheme.empty()) request.set_secure(equal_ignoring_case(hop->scheme, "https"));
        if (!hop->from) return;
        request.set_peer(*hop->from);
        if (!is_trusted(*hop->from, trusted)) return;
    }
}

}  // namespace troika::http::detail
