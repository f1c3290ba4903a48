#include <troika/base/error.hpp>
#include <troika/http/detail/ascii.hpp>
#include <troika/http/message/request_head.hpp>
#include <troika/http/message/url.hpp>

#include <algorithm>

namespace troika::http {

RequestHead::RequestHead(Method method, std::string_view target) {
    headers_.assign_block(target);
    if (!assign(method, 1, 0, static_cast<std::uint32_t>(target.size())))
        throw Error("request target '" + std::string(target) +
                    "' is no path this server can route");
}

std::string_view RequestHead::path() const noexcept {
    return path_.length == 0 ? std::string_view("/") : part(path_);
}

std::string_view RequestHead::host() const noexcept {
    if (authority_.length != 0) return part(authority_);
    return headers_.get("host").value_or(std::string_view{});
}

bool RequestHead::assign(Method method, int minor_version, std::uint32_t at, std::uint32_t length) {
    method_ = method;
    minor_version_ = static_cast<std::uint8_t>(minor_version);
    target_ = {at, length};
    path_ = target_;
    query_ = {};
    authority_ = {};
    const std::string_view target = part(target_);
    if (target == "*") return method == Method::options;
    if (target.empty()) return false;
    std::uint32_t path_from = 0;
    if (target.front() != '/') {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos) return false;
        const std::string_view name = target.substr(0, scheme);
        if (!detail::equal_ignoring_case(name, "http") &&
            !detail::equal_ignoring_case(name, "https"))
            return false;
        const std::size_t end = std::min(target.find_first_of("/?", scheme + 3), target.size());
        if (end == scheme + 3) return false;
        authority_ = {at + static_cast<std::uint32_t>(scheme + 3),
                      static_cast<std::uint32_t>(end - scheme - 3)};
        path_from = static_cast<std::uint32_t>(end);
    }
    const std::string_view rest = target.substr(path_from);
    const std::size_t question = std::min(rest.find('?'), rest.size());
    path_ = {at + path_from, static_cast<std::uint32_t>(question)};
    if (question < rest.size()) {
        query_ = {at + path_from + static_cast<std::uint32_t>(question) + 1,
                  static_cast<std::uint32_t>(rest.size() - question - 1)};
        const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7f; };
        if (std::any_of(rest.begin() + static_cast<std::ptrdiff_t>(question), rest.end(), is_odd))
            return false;
    }
    return is_routable_path(path());
}

void RequestHead::clear() noexcept {
    headers_.clear();
    target_ = path_ = query_ = authority_ = {};
}

}  // namespace troika::http
