#include <troika/base/error.hpp>
#include <troika/http/message/url.hpp>
#include <troika/http/routing/detail/pattern.hpp>

#include <algorithm>

namespace troika::http::detail {

namespace {

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
    throw Error("route '" + std::string(pattern) + "': " + why);
}

PatternPart parse_part(std::string_view pattern, std::string_view segment) {
    if (segment.find_first_of("{}") == std::string_view::npos)
        return {PatternPart::Kind::literal, std::string(segment)};
    if (segment.size() < 2 || segment.front() != '{' || segment.back() != '}')
        refuse(pattern, "a part is a whole segment, as in /documents/{id}, not '" +
                            std::string(segment) + "'");
    std::string_view name = segment.substr(1, segment.size() - 2);
    PatternPart::Kind kind = PatternPart::Kind::parameter;
    if (name.ends_with('*')) {
        kind = PatternPart::Kind::rest;
        name.remove_suffix(1);
    }
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z');
    });
    if (name.empty() || !plain)
        refuse(pattern,
               "a part's name is letters, digits and '_', not '" + std::string(name) + "'");
    return {kind, std::string(name)};
}

}  // namespace

std::vector<PatternPart> parse_pattern(std::string_view pattern) {
    if (pattern.empty() || pattern.front() != '/') refuse(pattern, "a route begins with '/'");
    if (pattern.find_first_of("?#%") != std::string_view::npos)
        refuse(pattern, "write the decoded path, without query, '#' or escapes");
    std::vector<PatternPart> parts;
    std::string_view rest = pattern.substr(1);
    while (true) {
        if (!parts.empty() && parts.back().kind == PatternPart::Kind::rest)
            refuse(pattern,
                   "{" + parts.back().text + "*} takes the rest, so nothing may follow it");
        const std::size_t slash = rest.find('/');
        PatternPart part = parse_part(pattern, rest.substr(0, slash));
        if (part.kind == PatternPart::Kind::literal && (part.text == "." || part.text == ".."))
            refuse(pattern, "no request path has a '" + part.text + "' segment");
        for (const PatternPart& earlier : parts) {
            if (part.kind != PatternPart::Kind::literal &&
                earlier.kind != PatternPart::Kind::literal && earlier.text == part.text)
                refuse(pattern, "{" + part.text + "} is there twice");
        }
        parts.push_back(std::move(part));
        if (slash == std::string_view::npos) return parts;
        rest.remove_prefix(slash + 1);
    }
}

}  // namespace troika::http::detail
