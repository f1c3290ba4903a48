#include <troika/http/message/problem.hpp>

#include <nlohmann/json.hpp>

namespace troika::http {

namespace {

Response make(Status status, std::string_view type, std::string_view detail,
              std::string_view request_id) {
    nlohmann::ordered_json document;
    document["type"] =
        type.empty() ? std::string("about:blank") : "urn:problem:" + std::string(type);
    document["title"] = reason(status);
    document["status"] = to_int(status);
    if (!detail.empty()) document["detail"] = detail;
    if (!request_id.empty()) document["request_id"] = request_id;
    return Response::bytes(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                           "application/problem+json", status);
}

}  // namespace

Response problem(const HttpError& error, std::string_view request_id) {
    Response response = make(error.status(), error.type(), error.text(), request_id);
    for (const Headers::Field field : error.headers())
        response.headers().add(field.name, field.value);
    return response;
}

Response problem(Status status, std::string_view detail, std::string_view request_id) {
    return make(status, {}, detail, request_id);
}

}  // namespace troika::http
