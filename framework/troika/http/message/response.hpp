#pragma once

#include <troika/async/flow.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/base/unique_function.hpp>
#include <troika/http/message/bytes.hpp>
#include <troika/http/message/headers.hpp>
#include <troika/http/message/status.hpp>
#include <troika/http/message/stream.hpp>
#include <troika/http/message/upgraded.hpp>

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace troika::http {

// Bytes somebody else owns, kept alive by `owner` (null: they live for ever).
struct SharedBytes {
    std::shared_ptr<const void> owner;
    std::string_view bytes;
};

// `length` bytes of an open file from `offset` on, sent by the kernel.
struct FileRange {
    UniqueFd file;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// Answers 101 and then has the connection for itself until it returns.
struct Upgrade {
    UniqueFunction<Task<>(Upgraded&)> run;
};

using ResponseBody = std::variant<std::monostate, std::string, SharedBytes, FileRange,
                                  std::unique_ptr<Stream>, Upgrade>;

// What a handler answers.
//
//   Lifetime      A value, moved.
//   Errors        header() throws Error for what would break the message (headers.hpp).
//
// Content-Length, Transfer-Encoding, Date and Server are the server's: fields of these names are not sent.
// `Connection: close` ends the connection after the answer.
class [[nodiscard]] Response final {
  public:
    explicit Response(Status status = Status::ok) noexcept : status_(status) {}

    static Response text(std::string text, Status status = Status::ok);
    // A text that lives for ever: not copied.
    static Response literal(std::string_view text, Status status = Status::ok);
    static Response json(const nlohmann::json& value, Status status = Status::ok);
    // JSON text that is ready: data::to_json(value).
    static Response json_text(std::string text, Status status = Status::ok);
    static Response bytes(std::string bytes, std::string_view content_type,
                          Status status = Status::ok);
    static Response bytes(Bytes bytes, std::string_view content_type, Status status = Status::ok);
    static Response shared(SharedBytes bytes, std::string_view content_type,
                           Status status = Status::ok);
    static Response file(FileRange range, std::string_view content_type,
                         Status status = Status::ok);
    static Response stream(std::unique_ptr<Stream> stream, std::string_view content_type,
                           Status status = Status::ok);
    // Pieces of an asynchronous generator, each sent when it comes; text/event-stream has events()
    // (event_stream.hpp), and a line of JSON a value ndjson() (ndjson.hpp).
    static Response stream(Flow<std::string> pieces, std::string_view content_type,
                           Status status = Status::ok);
    static Response upgrade(std::string_view protocol, UniqueFunction<Task<>(Upgraded&)> run);
    static Response no_content() noexcept { return Response(Status::no_content); }

    Status status() const noexcept { return status_; }
    void set_status(Status status) noexcept { status_ = status; }
    const Headers& headers() const noexcept { return headers_; }
    Headers& headers() noexcept { return headers_; }
    // Replaces a field; headers().add() repeats one.
    Response& header(std::string_view name, std::string_view value) & {
        headers_.set(name, value);
        return *this;
    }
    Response header(std::string_view name, std::string_view value) && {
        headers_.set(name, value);
        return std::move(*this);
    }

    const ResponseBody& body() const noexcept { return body_; }
    ResponseBody& body() noexcept { return body_; }
    // The bytes of a body that has them in memory; empty for the other kinds.
    std::string_view body_view() const noexcept;

  private:
    Response(Status status, std::string_view content_type, ResponseBody body);

    Headers headers_;
    ResponseBody body_;
    Status status_;
};

}  // namespace troika::http

namespace troika {
using http::Response;
}
