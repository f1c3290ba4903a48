#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/http/routing/router.hpp>

#include <optional>
#include <string>

namespace troika::fuzz {

namespace {

using http::Endpoint;
using http::PathParameters;
using http::Router;

void add(Router& router, Method method, const char* pattern) {
    Endpoint endpoint;
    endpoint.pattern = pattern;
    endpoint.handler = [](Request&) -> Task<Response> { co_return Response::no_content(); };
    router.add(method, std::move(endpoint));
}

const Router& routes() {
    static const Router& all = [&]() -> const Router& {
        static Router router;
        add(router, Method::get, "/");
        add(router, Method::get, "/plain");
        add(router, Method::get, "/a/b/c");
        add(router, Method::get, "/a/{x}/c");
        add(router, Method::post, "/a/{x}");
        add(router, Method::get, "/a/{x}/{y}/d");
        add(router, Method::get, "/files/{path*}");
        add(router, Method::delete_, "/{one}/{two}");
        return router;
    }();
    return all;
}

struct Found {
    std::string pattern;
    std::string parameters;
    bool operator==(const Found&) const = default;
};

std::optional<Found> resolve(Method method, std::string_view target) {
    std::optional<RequestHead> head;
    try {
        head.emplace(method, target);
    } catch (const Error&) {
        return std::nullopt;
    }
    PathParameters parameters;
    Found found{routes().resolve(*head, parameters).pattern, {}};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        found.parameters.append(parameters.name(i)).append("=").append(parameters.value(i)) += ';';
    return found;
}

// Every letter outside an escape as an escape, which changes nothing (RFC 3986 6.2.2.2).
std::string escaped(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '%') {
            out.append(path.substr(i, 3));
            i += 2;
        } else if (c >= 'a' && c <= 'z') {
            constexpr std::string_view kDigits = "0123456789abcdef";
            out += '%';
            out += kDigits[static_cast<unsigned char>(c) >> 4U];
            out += kDigits[static_cast<unsigned char>(c) & 15U];
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

void router(std::string_view bytes) {
    if (bytes.empty()) return;
    const auto method =
        static_cast<Method>(static_cast<unsigned char>(bytes.front()) % http::kMethodCount);
    const std::string_view target = bytes.substr(1);
    const auto found = resolve(method, target);
    if (!found || !target.starts_with('/')) return;
    const std::size_t question = target.find('?');
    std::string other = escaped(target.substr(0, question));
    if (question != std::string_view::npos) other += target.substr(question);
    TROIKA_CHECK(resolve(method, other) == found, "an escaped letter finds another route");
}

}  // namespace troika::fuzz
