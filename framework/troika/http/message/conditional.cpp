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

// RFC 9110 8.8.3: [ W/ ] DQUOTE *etagc DQUOTE at the front; its length, 0 where there is none.
std::size_t length_of_tag(std::string_view text) noexcept {
    const std::size_t begin = text.starts_with("W/") ? 2 : 0;
    if (text.size() <= begin || text[begin] != '"') return 0;
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"') return i + 1;
        if (c <= ' ' || c == 0x7f) return 0;
    }
    return 0;
}

// Whether a list of tags, which may hold commas, has that one. Behind what is no tag nothing is read: where
// the next one would begin is a guess.
bool list_has(std::string_view list, std::string_view etag, Comparison comparison) noexcept {
    while (true) {
        list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
        const std::size_t length = length_of_tag(list);
        if (length == 0) return false;
        const std::string_view tag = list.substr(0, length);
        list = detail::trim(list.substr(length));
        if (!list.empty() && list.front() != ',') return false;
        if (matches(tag, etag, comparison)) return true;
    }
}

// Several lines are one list.
bool any_matches(const Request& request, std::string_view field, std::string_view etag,
                 Comparison comparison) noexcept {
    for (const Headers::Field each : request.headers()) {
        if (!detail::equal_ignoring_case(each.name, field)) continue;
        if (detail::trim(each.value) == "*") return true;
        if (!etag.empty() && list_has(each.value, etag, comparison)) return true;
    }
    return false;
}

// Of a field that has one value; nothing where it is there twice, which makes it invalid.
std::optional<std::string_view> only(const Request& request, std::string_view field) {
    const auto value = request.header(field);
    if (value && request.headers().count(field) > 1) return std::nullopt;
    return value;
}

std::optional<std::chrono::sys_seconds> date_of(const Request& request, std::string_view field) {
    const auto value = only(request, field);
    return value ? parse_http_date(*value) : std::nullopt;
}

Response failed(const Request& request) {
    return problem(Status::precondition_failed, "the resource is in another state", request.id());
}

bool is_fetch(const Request& request) noexcept {
    return request.method() == Method::get || request.method() == Method::head;
}

// RFC 9110 13.1.5: by what is a strong validator, alone.
bool if_range_holds(const Request& request, const Validators& validators) {
    if (!request.headers().contains("if-range")) return true;
    const auto value = only(request, "if-range");
    if (!value) return false;
    if (length_of_tag(*value) == value->size())
        return !validators.etag.empty() && matches(*value, validators.etag, Comparison::strong);
    const auto date = parse_http_date(*value);
    return date && validators.dates == Dates::strong && validators.modified == date;
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

std::optional<Response> precondition_of_absent(const Request& request) {
    if (request.header("if-match")) return failed(request);
    return std::nullopt;
}

Response with_validators(Response response, const Validators& validators) {
    if (!validators.etag.empty()) response.headers().set("etag", validators.etag);
    if (validators.modified)
        response.headers().set("last-modified", format_http_date(*validators.modified));
    return response;
}

WantedRange wanted_range(const Request& request, std::uint64_t size, const Validators& validators) {
    const WantedRange all{RangeKind::all, {0, size}};
    const auto field = only(request, "range");
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
