#pragma once

#include <troika/http/codec/head_parser.hpp>
#include <troika/http/codec/response_writer.hpp>
#include <troika/http/handler.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::testing::detail {

// What a client says, as far as a server can see it.
struct Said {
    http::Method method = http::Method::get;
    std::string_view target;
    std::vector<std::pair<std::string_view, std::string_view>> fields;
    std::vector<std::string> pieces;
    bool in_chunks = false;  // else by Content-Length
};

// The head of it through the server's parser, Host and the framing of its body added. Gives why the server would
// refuse it. Throws Error for a field that no client could send as one.
std::optional<http::Refusal> say(const Said& said, const http::HeadLimits& limits,
                                 Request& request);

// What `endpoint` gets of its body, in the way it takes bodies. Gives why the server would refuse it.
std::optional<http::Refusal> give_body(Said& said, const http::Endpoint& endpoint,
                                       std::size_t limit, Request& request);

// What a client hears of a response: the fields that the server's codec writes, and of the body no more and no
// less than their framing promises.
//
//   Lifetime      Of its request, which may be read by the body.
//   Errors        next() throws what a stream throws, and Error for one that breaks its length(): the
//                 server would cut the connection.
class Heard final {
  public:
    Heard(Response response, const Request& request, std::string_view date_line);

    const Headers& headers() const noexcept { return headers_; }
    Status status() const noexcept { return response_.status(); }
    // The next bytes, never none at all; nothing at the end.
    Task<std::optional<std::string>> next();
    // Null where the body does not come piece by piece.
    Stream* stream() const noexcept;
    // Destroys the body.
    void drop() noexcept;

  private:
    std::optional<std::string> next_of_memory();

    Response response_;
    Headers headers_;
    std::optional<std::uint64_t> promised_;
    std::uint64_t heard_ = 0;
    bool ended_ = false;
};

}  // namespace troika::testing::detail
