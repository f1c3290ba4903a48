#include "query.hpp"

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/url.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace archive {

namespace {

[[noreturn]] void refuse(const std::string& text) {
    throw troika::HttpError(troika::Status::bad_request, text);
}

[[noreturn]] void refuse_unknown(const std::string& name,
                                 std::initializer_list<std::string_view> known) {
    std::string names;
    for (const std::string_view each : known) names.append(names.empty() ? "" : ", ").append(each);
    refuse("query parameter '" + name + "' is unknown; " +
           (names.empty() ? "this route knows none" : "known: " + names));
}

}  // namespace

void require_known_query(const troika::Request& request,
                         std::initializer_list<std::string_view> known) {
    std::vector<std::string> seen;
    std::string_view rest = request.head().query();
    while (!rest.empty()) {
        const std::size_t ampersand = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, ampersand);
        rest.remove_prefix(std::min(ampersand + 1, rest.size()));
        if (pair.empty()) continue;
        const std::string_view raw = pair.substr(0, pair.find('='));
        const std::optional<std::string> name = troika::http::decode_query(raw);
        if (!name) refuse("a query parameter's name has a malformed %-escape");
        if (std::find(known.begin(), known.end(), *name) == known.end())
            refuse_unknown(*name, known);
        if (std::find(seen.begin(), seen.end(), *name) != seen.end())
            refuse("query parameter '" + *name + "' is given twice");
        seen.push_back(*name);
    }
}

}  // namespace archive
