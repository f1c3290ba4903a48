#pragma once

#include <troika/http/codec/refusal.hpp>
#include <troika/http/message/request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troika::http {

struct HeadLimits {
    std::size_t bytes = 32 * 1024;        // start line and fields; more: 431
    std::size_t fields = 100;             // more: 431
    std::size_t request_line = 8 * 1024;  // more: 414
    std::size_t empty_lines = 4;          // before the request line; more: 400
};

enum class Framing : std::uint8_t { none, length, chunked };

// What the head says about the rest of the request and of the connection.
struct HeadFacts {
    // Bytes of the head, leading empty lines included; of an incomplete one those lines only, which
    // may be forgotten.
    std::size_t consumed = 0;
    std::uint64_t length = 0;  // with Framing::length
    Framing framing = Framing::none;
    bool keep_alive = false;
    bool expects_continue = false;
    bool wants_upgrade = false;
    bool has_request_id = false;    // X-Request-Id
    std::uint16_t empty_lines = 0;  // in front of a complete head
};

inline constexpr std::string_view kTooManyEmptyLines =
    "there are too many empty lines before the request";

struct HeadResult {
    enum class State : std::uint8_t { incomplete, complete, invalid };
    State state = State::incomplete;
    HeadFacts facts;  // when complete; consumed also when incomplete
    Refusal refusal;  // when invalid; the connection must be closed after it
};

// Parses one HTTP/1.x request head at the front of `bytes` (RFC 9112 with every leniency turned
// off: bare CR or LF, folding, whitespace around names, repeated or odd Content-Length, any
// Transfer-Encoding but one `chunked`, both together, a missing or repeated Host: all refused).
//
// Empty lines in front are skipped, up to the limit.
//
// Complete: `head` has its own copy of the bytes. Otherwise `head` is unspecified and nothing
// refers to `bytes`. Pure: no I/O, no state.
HeadResult parse_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

// Watches an unfinished head grow, so that a head dripped byte by byte is not parsed at each byte.
class HeadScanner final {
  public:
    // True when parsing `bytes` again may tell something new: the end of a head is there, a line
    // that ends wrongly, or a limit is passed. Looks only at bytes it has not seen.
    bool worth_parsing(std::string_view bytes, const HeadLimits& limits) noexcept;
    // For the next head.
    void reset() noexcept { seen_ = empty_lines_ = 0; }
    // Empty lines in front of the head; gives how many there have been.
    std::size_t count_empty_lines(std::size_t lines) noexcept;

  private:
    std::size_t seen_ = 0;
    std::size_t empty_lines_ = 0;
};

}  // namespace troika::http
