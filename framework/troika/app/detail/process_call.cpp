#include <troika/app/detail/logged_request.hpp>
#include <troika/app/detail/process_call.hpp>
#include <troika/base/error.hpp>
#include <troika/data/binary.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/workers/arguments.hpp>
#include <troika/workers/remote_error.hpp>

#include <fcntl.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troika::detail {

using workers::Parcel;
using workers::Payload;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs copy(const Headers& headers) {
    Pairs pairs;
    pairs.reserve(headers.size());
    for (const auto field : headers) pairs.emplace_back(field.name, field.value);
    return pairs;
}

static_assert(std::is_trivially_copyable_v<http::Peer>);
std::string bytes_of(const http::Peer& peer) {
    return {reinterpret_cast<const char*>(&peer), sizeof(peer)};
}
http::Peer peer_from(const std::string& bytes) {
    http::Peer peer;
    if (bytes.size() == sizeof(peer)) std::memcpy(&peer, bytes.data(), sizeof(peer));
    return peer;
}

Payload take_body(http::RequestBody& body) {
    if (http::MemoryFile* const file = body.file(); file != nullptr) {
        const std::size_t size = file->size();
        return Payload::adopt(file->release(), size);
    }
    if (http::Bytes* const bytes = body.bytes(); bytes != nullptr)
        return Payload(std::string(bytes->view()));
    return {};
}

Parcel run_handler(workers::Function function, Parcel input) {
    const auto handler = reinterpret_cast<ProcessHandler>(function);
    const UnpackedRequest unpacked = unpack_request(std::move(input));
    const LoggedRequest logged(unpacked.request);
    return pack_response(handler(unpacked.request));
}

std::optional<workers::ErrorData> encode_http_error(const std::exception& error) {
    const auto* const http_error = dynamic_cast<const HttpError*>(&error);
    if (http_error == nullptr) return std::nullopt;
    const data::Bytes detail =
        data::encode(static_cast<std::uint16_t>(http_error->status()),
                     std::string(http_error->type()), copy(http_error->headers()));
    return workers::ErrorData{
        .kind = "http",
        .type = "troika::HttpError",
        .text = std::string(http_error->text()),
        .retry_safe = false,
        .detail = std::string(reinterpret_cast<const char*>(detail.data()), detail.size())};
}

void rethrow_http_error(const workers::ErrorData& data) {
    const auto [status, type, fields] =
        data::decode_arguments<std::uint16_t, std::string, Pairs>(workers::as_bytes(data.detail));
    HttpError error(static_cast<Status>(status), data.text);
    if (!type.empty()) error.with_type(type);
    for (const auto& [name, value] : fields) error.with_header(name, value);
    throw error;
}

// Registered before main, so that it exists in every worker.
const workers::ErrorCodec http_error_codec("http", &encode_http_error, &rethrow_http_error);

}  // namespace

workers::JobRef handler_job(std::string_view name, ProcessHandler handler) noexcept {
    return {name, &run_handler, reinterpret_cast<workers::Function>(handler)};
}

Parcel pack_request(Request& request) {
    Pairs parameters;
    for (std::size_t i = 0; i < request.parameters().size(); ++i)
        parameters.emplace_back(request.parameters().name(i), request.parameters().value(i));
    const data::Bytes head = data::encode(
        static_cast<std::uint8_t>(request.method()), std::string(request.target()),
        copy(request.headers()), parameters, bytes_of(request.peer()), std::string(request.id()));
    return {Payload(head), take_body(request.body())};
}

UnpackedRequest unpack_request(Parcel parcel) {
    auto [method, target, fields, parameters, peer, id] =
        data::decode_arguments<std::uint8_t, std::string, Pairs, Pairs, std::string, std::string>(
            workers::as_bytes(parcel.head.bytes()));
    UnpackedRequest unpacked{std::move(parameters),
                             Request(static_cast<http::Method>(method), target)};
    Request& request = unpacked.request;
    for (const auto& [name, value] : fields) request.headers().add(name, value);
    for (const auto& [name, value] : unpacked.parameters) request.parameters().add(name, value);
    request.set_peer(peer_from(peer));
    request.set_id(std::move(id));
    if (parcel.body.memory_file() >= 0) {
        UniqueFd file(::fcntl(parcel.body.memory_file(), F_DUPFD_CLOEXEC, 0));
        if (!file) throw_errno("take over a request body");
        request.body() = http::RequestBody(http::MemoryFile(std::move(file)));
    } else if (!parcel.body.empty()) {
        request.body() = http::RequestBody(http::Bytes(parcel.body.bytes()));
    }
    return unpacked;
}

Parcel pack_response(Response response) {
    const data::Bytes head =
        data::encode(static_cast<std::uint16_t>(response.status()), copy(response.headers()));
    Payload body;
    if (auto* const text = std::get_if<std::string>(&response.body())) {
        body = Payload(std::move(*text));
    } else if (auto* const shared = std::get_if<http::SharedBytes>(&response.body())) {
        body = Payload(std::string(shared->bytes));
    } else if (!std::holds_alternative<std::monostate>(response.body())) {
        throw Error(
            "a process handler answers with bytes: streams, files and upgrades cannot leave a "
            "worker; "
            "register the handler with on_loop and compute in co_await to_process(...)");
    }
    return {Payload(head), std::move(body)};
}

Response unpack_response(Parcel parcel) {
    const auto [status, fields] =
        data::decode_arguments<std::uint16_t, Pairs>(workers::as_bytes(parcel.head.bytes()));
    Response response(static_cast<Status>(status));
    for (const auto& [name, value] : fields) response.headers().add(name, value);
    if (!parcel.body.empty()) {
        auto body = std::make_shared<Payload>(std::move(parcel.body));
        const std::string_view bytes = body->bytes();
        response.body() = http::SharedBytes{std::move(body), bytes};
    }
    return response;
}

}  // namespace troika::detail
