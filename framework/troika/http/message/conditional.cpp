#include <troika/base/error.hpp>
#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/conditional.hpp>
#include <troika/http/message/http_date.hpp>
#include <troika/http/message/problem.hpp>

#include <algorithm>
#include <charconv>

namespace troika::http {

namespace {

enum class Comparison : bool { weak, strong };

// RFC 9110 8.8.3.2.
bool matches(std::string_view one, std::string_view other, Comparison comparison) noexcept {
    const bool weak = one.starts_with("W/") || other.starts_with("W/");
    if (weak && comparison == Comparison::strong) return false;
    const auto opaque = [](std::string_view tag) {
        return tag.substr(tag.starts_with("W/") ? 2 : 0);
    };
    return opaque(one) == opaque(other);
}

// The next entity tag of a list; tags may hold commas.
std::string_view next_tag(std::string_view& rest) noexcept {
    const std::size_t begin = std::min(rest.find_first_not_of(" \t,"), rest.size());
    rest.remove_prefix(begin);
    const std::size_t quote = rest.find('"');
    const std::size_t end = quote == rest.npos ? rest.npos : rest.find('"', quote + 1);
    const std::string_view tag = rest.substr(0, end == rest.npos ? end : end + 1);
    rest.remove_prefix(tag.size());
    return tag;
}

bool any_matches(const Request& request, std::string_view field, std::string_view etag,
                 Comparison comparison) noexcept {
    for (const Headers::Field each : request.headers()) {
        if (!detail::equal_ignoring_case(each.name, field)) continue;
        std::string_view rest = each.value;
        if (detail::trim(rest) == "*") return true;  // the resource is there, or nobody would ask
        while (!rest.empty()) {
            const std::string_view tag = next_tag(rest);
            if (!etag.empty() && !tag.empty() && matches(tag, etag, comparison)) return true;
        }
    }
    return false;
}

std::optional<std::chrono::sys_seconds> date_of(const Request& request, std::string_view field) {
    const auto value = request.header(field);
    return value ? parse_http_date(*value) : std::nullopt;
}

Response failed(const Request& request) {
    return problem(Status::precondition_failed, "the resource is in another state", request.id());
}

bool is_fetch(const Request& request) noexcept {
    return request.method() == Method::get || request.method() == Method::head;
}

bool if_range_holds(const Request& request, const Validators& validators) {
    const auto value = request.header("if-range");
    if (!value) return true;
    if (value->find('"') != std::string_view::npos)
        return !validators.etag.empty() && matches(*value, validators.etag, Comparison::strong);
    const auto date = parse_http_date(*value);
    return date && validators.modified == date;
}

std::optional<std::uint64_t> number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string make_etag(std::string_view opaque) {
    for (const char c : opaque) {
        if (c <= ' ' || c >= 0x7f || c == '"')
            throw Error("an entity tag takes visible ASCII characters without '\"'");
    }
    std::string tag(1, '"');
    tag.append(opaque).append(1, '"');
    return tag;
}

std::optional<Response> precondition(const Request& request, const Validators& validators) {
    if (request.header("if-match")) {
        if (!any_matches(request, "if-match", validators.etag, Comparison::strong))
            return failed(request);
    } else if (const auto date = date_of(request, "if-unmodified-since")) {
        if (validators.modified && *validators.modified > *date) return failed(request);
    }
    if (request.header("if-none-match")) {
        if (!any_matches(request, "if-none-match", validators.etag, Comparison::weak))
            return std::nullopt;
        if (!is_fetch(request)) return failed(request);
        return with_validators(Response(Status::not_modified), validators);
    }
    if (!is_fetch(request)) return std::nullopt;
    const auto date = date_of(request, "if-modified-since");
    if (!date || !validators.modified || *validators.modified > *date) return std::nullopt;
    return with_validators(Response(Status::not_modified), validators);
}

Response with_validators(Response response, const Validators& validators) {
    if (!validators.etag.empty()) response.headers().set("etag", validators.etag);
    if (validators.modified)
        response.headers().set("last-modified", format_http_date(*validators.modified));
    return response;
}

WantedRange wanted_range(const Request& request, std::uint64_t size, const Validators& validators) {
    const WantedRange all{RangeKind::all, {0, size}};
    const auto field = request.header("range");
    if (!field || request.method() != Method::get || !if_range_holds(request, validators))
        return all;
    constexpr std::string_view kUnit = "bytes=";
    if (field->size() <= kUnit.size() ||
        !detail::equal_ignoring_case(field->substr(0, kUnit.size()), kUnit))
        return all;
    const std::string_view range = detail::trim(field->substr(kUnit.size()));
    const std::size_t dash = range.find('-');
    if (dash == range.npos || range.find(',') != range.npos) return all;
    const std::string_view from = range.substr(0, dash);
    const std::string_view to = range.substr(dash + 1);
    const auto first = number(from);
    const auto last = number(to);
    if ((!from.empty() && !first) || (!to.empty() && !last) || (!first && !last)) return all;
    if (!first) {  // the last bytes
        if (*last == 0 || size == 0) return {RangeKind::unsatisfiable, {}};
        const std::uint64_t length = std::min(*last, size);
        return {RangeKind::part, {size - length, length}};
    }
    if (last && *last < *first) return all;
    if (*first >= size) return {RangeKind::unsatisfiable, {}};
    const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
    return {RangeKind::part, {*first, end - *first + 1}};
}

}  // namespace troika::http
