#include <troika/base/error.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/message/url.hpp>
#include <troika/http/routing/detail/pattern.hpp>
#include <troika/http/routing/router.hpp>

#include <array>
#include <deque>
#include <map>
#include <unordered_map>

namespace troika::http {

namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

constexpr std::size_t index_of(Method method) noexcept { return static_cast<std::size_t>(method); }

Endpoint make_refusal(std::string pattern, Status status, std::string detail, std::string allow) {
    Endpoint endpoint;
    endpoint.pattern = std::move(pattern);
    endpoint.body = BodyMode::none;
    endpoint.handler = [status, detail = std::move(detail),
                        allow = std::move(allow)](Request& request) -> Task<Response> {
        Response response = problem(status, detail, request.id());
        if (!allow.empty()) response.headers().add("allow", allow);
        co_return response;
    };
    return endpoint;
}

Endpoint make_options(std::string pattern, std::string allow) {
    Endpoint endpoint;
    endpoint.pattern = std::move(pattern);
    endpoint.body = BodyMode::none;
    endpoint.handler = [allow = std::move(allow)](Request&) -> Task<Response> {
        Response response = Response::no_content();
        response.headers().add("allow", allow);
        co_return response;
    };
    return endpoint;
}

}  // namespace

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;

    bool routed = false;
    std::array<const Endpoint*, kMethodCount>
        by_method{};                              // what answers, HEAD and OPTIONS filled in
    std::array<bool, kMethodCount> explicitly{};  // what add() was called for
    std::array<std::vector<std::string>, kMethodCount> names;  // of the parts, per method
    Endpoint not_allowed;
    Endpoint options;

    void refresh(const std::string& pattern);
};

struct Router::Tables {
    Node root;
    std::unordered_map<std::string, const Node*, TextHash, std::equal_to<>> literal_paths;
    std::deque<Endpoint> endpoints;
    Endpoint not_found =
        make_refusal("(not found)", Status::not_found, "there is nothing at this path", "");
    Endpoint unknown_method = make_refusal("(unknown method)", Status::not_implemented,
                                           "this server does not know that method", "");
    Endpoint options_of_all = make_options("*", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");

    // A path under comparison: what is left of it and what its parts matched so far.
    struct Walk {
        Method method;
        std::vector<std::string>& matched;
        const Node* first_by_path = nullptr;
    };
    const Node* find(const Node& node, std::string_view rest, Walk& walk) const;
    static const Node* accept(const Node& node, Walk& walk);
};

void Router::Node::refresh(const std::string& pattern) {
    routed = true;
    const bool has_get = explicitly[index_of(Method::get)];
    if (has_get && !explicitly[index_of(Method::head)]) {
        by_method[index_of(Method::head)] = by_method[index_of(Method::get)];
        names[index_of(Method::head)] = names[index_of(Method::get)];
    }
    std::string allow;
    for (std::size_t i = 0; i < kMethodCount; ++i) {
        const bool answered = by_method[i] != nullptr || i == index_of(Method::options);
        if (!answered) continue;
        if (!allow.empty()) allow += ", ";
        allow += to_string(static_cast<Method>(i));
    }
    not_allowed = make_refusal(pattern, Status::method_not_allowed,
                               "this path does not take that method; it takes " + allow, allow);
    options = make_options(pattern, allow);
    if (!explicitly[index_of(Method::options)]) by_method[index_of(Method::options)] = &options;
}

Router::Router() : tables_(std::make_unique<Tables>()) {}
Router::~Router() = default;

Endpoint& Router::add(Method method, Endpoint endpoint) {
    using Kind = detail::PatternPart::Kind;
    if (method == Method::unknown || method == Method::connect)
        throw Error("route '" + endpoint.pattern + "': " + std::string(to_string(method)) +
                    " cannot be routed");
    Node* node = &tables_->root;
    std::vector<std::string> names;
    for (detail::PatternPart& part : detail::parse_pattern(endpoint.pattern)) {
        std::unique_ptr<Node>& next = part.kind == Kind::literal     ? node->literals[part.text]
                                      : part.kind == Kind::parameter ? node->parameter
                                                                     : node->rest;
        if (!next) next = std::make_unique<Node>();
        if (part.kind != Kind::literal) names.push_back(std::move(part.text));
        node = next.get();
    }
    const std::size_t index = index_of(method);
    if (node->explicitly[index])
        throw Error("routes '" + std::string(to_string(method)) + " " + endpoint.pattern +
                    "' and '" + std::string(to_string(method)) + " " +
                    node->by_method[index]->pattern + "' match the same requests; remove one");
    Endpoint& stored = tables_->endpoints.emplace_back(std::move(endpoint));
    node->explicitly[index] = true;
    node->by_method[index] = &stored;
    if (names.empty()) tables_->literal_paths.emplace(stored.pattern, node);
    node->names[index] = std::move(names);
    node->refresh(stored.pattern);
    routes_.push_back({method, &stored});
    return stored;
}

const Router::Node* Router::Tables::accept(const Node& node, Walk& walk) {
    if (!node.routed) return nullptr;
    if (walk.first_by_path == nullptr) walk.first_by_path = &node;
    return node.by_method[index_of(walk.method)] != nullptr ? &node : nullptr;
}

const Router::Node* Router::Tables::find(const Node& node, std::string_view rest,
                                         Walk& walk) const {
    const std::size_t slash = rest.find('/');
    const std::string_view raw = rest.substr(0, slash);
    const bool is_last = slash == std::string_view::npos;
    std::optional<std::string> decoded = decode_segment(raw);
    if (!decoded) return nullptr;  // the codec lets no such path through
    const auto descend = [&](const Node& next) {
        return is_last ? accept(next, walk) : find(next, rest.substr(slash + 1), walk);
    };
    if (const auto literal = node.literals.find(*decoded); literal != node.literals.end()) {
        if (const Node* found = descend(*literal->second)) return found;
    }
    if (node.parameter && !decoded->empty()) {
        walk.matched.push_back(std::move(*decoded));
        if (const Node* found = descend(*node.parameter)) return found;
        walk.matched.pop_back();
    }
    if (node.rest) {
        walk.matched.push_back(decode_segment(rest).value_or(""));
        if (const Node* found = accept(*node.rest, walk)) return found;
        walk.matched.pop_back();
    }
    return nullptr;
}

const Endpoint& Router::resolve(const RequestHead& head, PathParameters& parameters) const {
    const Tables& tables = *tables_;
    const std::size_t method = index_of(head.method());
    const std::string_view path = head.path();
    if (const auto literal = tables.literal_paths.find(path);
        literal != tables.literal_paths.end()) {
        if (const Endpoint* endpoint = literal->second->by_method[method]) return *endpoint;
    }
    if (head.method() == Method::unknown || head.method() == Method::connect)
        return tables.unknown_method;
    if (path == "*") return tables.options_of_all;
    std::vector<std::string> matched;
    Tables::Walk walk{head.method(), matched};
    const Node* const node = tables.find(tables.root, path.substr(1), walk);
    if (node == nullptr)
        return walk.first_by_path != nullptr ? walk.first_by_path->not_allowed : tables.not_found;
    const std::vector<std::string>& names = node->names[method];
    for (std::size_t i = 0; i < names.size(); ++i) parameters.add(names[i], matched[i]);
    return *node->by_method[method];
}

Resolve Router::resolver() const {
    return [this](const RequestHead& head, PathParameters& parameters) -> const Endpoint& {
        return resolve(head, parameters);
    };
}

}  // namespace troika::http
