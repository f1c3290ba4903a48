#include <troika/data/json.hpp>
#include <troika/http/message/detail/flow_stream.hpp>
#include <troika/http/message/response.hpp>

namespace troika::http {

namespace {
constexpr std::string_view kPlain = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
}  // namespace

Response::Response(Status status, std::string_view content_type, ResponseBody body)
    : body_(std::move(body)), status_(status) {
    if (content_type.data() == kPlain.data() || content_type.data() == kJson.data())
        headers_.start_with_literals("content-type", content_type);
    else if (!content_type.empty())
        headers_.add("content-type", content_type);
}

Response Response::text(std::string text, Status status) {
    return {status, kPlain, ResponseBody(std::move(text))};
}

Response Response::literal(std::string_view text, Status status) {
    return {status, kPlain, ResponseBody(SharedBytes{nullptr, text})};
}

Response Response::json(const nlohmann::json& value, Status status) {
    // Invalid UTF-8 in a string becomes U+FFFD: an answer with a flaw beats a 500.
    return {status, kJson, ResponseBody(data::dump_json(value))};
}

Response Response::json_text(std::string text, Status status) {
    return {status, kJson, ResponseBody(std::move(text))};
}

Response Response::bytes(std::string bytes, std::string_view content_type, Status status) {
    return {status, content_type, ResponseBody(std::move(bytes))};
}

Response Response::bytes(Bytes bytes, std::string_view content_type, Status status) {
    auto owner = std::make_shared<const Bytes>(std::move(bytes));
    const std::string_view view = owner->view();
    return {status, content_type, ResponseBody(SharedBytes{std::move(owner), view})};
}

Response Response::shared(SharedBytes bytes, std::string_view content_type, Status status) {
    return {status, content_type, ResponseBody(std::move(bytes))};
}

Response Response::file(FileRange range, std::string_view content_type, Status status) {
    return {status, content_type, ResponseBody(std::move(range))};
}

Response Response::stream(std::unique_ptr<Stream> stream, std::string_view content_type,
                          Status status) {
    return {status, content_type, ResponseBody(std::move(stream))};
}

Response Response::stream(Flow<std::string> pieces, std::string_view content_type, Status status) {
    return stream(std::make_unique<detail::FlowStream>(std::move(pieces)), content_type, status);
}

Response Response::upgrade(std::string_view protocol, UniqueFunction<Task<>(Upgraded&)> run) {
    Response response(Status::switching_protocols, {}, ResponseBody(Upgrade{std::move(run)}));
    response.headers_.add("upgrade", protocol);
    return response;
}

std::string_view Response::body_view() const noexcept {
    if (const auto* text = std::get_if<std::string>(&body_)) return *text;
    if (const auto* shared = std::get_if<SharedBytes>(&body_)) return shared->bytes;
    return {};
}

}  // namespace troika::http
