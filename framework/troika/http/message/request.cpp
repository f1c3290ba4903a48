#include <troika/base/error.hpp>
#include <troika/data/error.hpp>
#include <troika/data/json.hpp>
#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/url.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace troika::http {

namespace {

constexpr std::size_t kKeptHead = 8192;

bool is_sensible_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ',';
    });
}

bool is_json_type(std::string_view content_type) noexcept {
    const std::string_view type = detail::trim(content_type.substr(0, content_type.find(';')));
    constexpr std::string_view kJson = "application/json";
    constexpr std::string_view kSuffix = "+json";
    return detail::equal_ignoring_case(type, kJson) ||
           (type.size() > kSuffix.size() &&
            detail::equal_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix));
}

}  // namespace

std::string_view Request::parameter(std::string_view name) const {
    const std::optional<std::string_view> value = parameters_.get(name);
    if (!value) throw Error("the route of this request has no part {" + std::string(name) + "}");
    return *value;
}

std::optional<std::string> Request::query(std::string_view name) const {
    const std::optional<std::string_view> raw = find_in_query(head_.query(), name);
    if (!raw) return std::nullopt;
    std::optional<std::string> decoded = decode_query(*raw);
    if (!decoded)
        throw HttpError(Status::bad_request,
                        "query parameter '" + std::string(name) + "' has a malformed %-escape");
    return decoded;
}

Stream& Request::stream() const {
    if (Stream* const stream = body_.stream()) return *stream;
    throw Error("this route's body is buffered: register it with stream_body, or read bytes()");
}

void Request::check_json_type() const {
    const std::optional<std::string_view> type = header("content-type");
    if (type && !is_json_type(*type))
        throw HttpError(Status::unsupported_media_type, "the body must be application/json");
}

nlohmann::json Request::json() const {
    check_json_type();
    try {
        return data::parse_json(bytes());
    } catch (const data::DecodeError& error) {
        throw HttpError(Status::bad_request, error.what());
    }
}

std::string_view Request::id() const {
    if (!id_.empty()) return id_;
    const std::optional<std::string_view> given = header("x-request-id");
    if (given && is_sensible_id(*given)) {
        id_ = *given;
    } else if (id_source_ != nullptr) {
        id_ = id_source_->next();
    } else {
        RequestIdSource once;
        id_ = once.next();
    }
    return id_;
}

void Request::recycle() noexcept {
    if (head_.headers().capacity() > kKeptHead) head_ = RequestHead();
    head_.clear();
    parameters_.clear();
    body_.clear();
    deadline_.reset();
    route_ = {};
    id_.clear();
    secure_ = false;
}

void Request::bad_number(std::string_view kind, std::string_view name, std::string_view text) {
    throw HttpError(Status::bad_request, std::string(kind) + " '" + std::string(name) +
                                             "' must be a whole number in range, not '" +
                                             std::string(text.substr(0, 40)) + "'");
}

}  // namespace troika::http
