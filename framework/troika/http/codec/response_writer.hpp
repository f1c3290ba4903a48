#pragma once

#include <troika/http/message/bytes.hpp>
#include <troika/http/message/response.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troika::http {

// How the bytes of a response body are told from what follows.
enum class ResponseFraming : std::uint8_t { none, length, chunked, until_close };

struct ResponseContext {
    int minor_version = 1;        // of the request
    bool keep_alive = true;       // as wanted; may come back false
    bool head = false;            // answers a HEAD
    std::string_view date_line;   // "server: ...\r\ndate: ...\r\n", see DateLine
    std::string_view request_id;  // sent as X-Request-Id unless empty or already there
};

// Appends status line and fields, the empty line included. Returns the framing the caller must keep
// to; context.keep_alive comes back false when the connection ends with this response.
ResponseFraming write_head(Bytes& out, const Response& response, ResponseContext& context);

// Chunk framing (RFC 9112 7.1): write_chunk_size, the bytes, kChunkEnd; at the end kLastChunk.
void write_chunk_size(Bytes& out, std::size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" (RFC 9110 5.6.7), rendered again when the second
// changes.
class DateLine final {
  public:
    // `server` is put in front as the Server field; empty: none.
    explicit DateLine(std::string_view server = {});

    // `seconds` since the epoch.
    std::string_view at(std::int64_t seconds) noexcept;
    // Now, by a monotonic clock that the caller has read anyway: the wall clock is only asked when its
    // second must be over. A step of the wall clock shows within a second.
    std::string_view current(std::chrono::steady_clock::time_point now) noexcept {
        if (now >= valid_until_) renew(now);
        return text_;
    }

  private:
    void renew(std::chrono::steady_clock::time_point now) noexcept;
    std::chrono::steady_clock::time_point valid_until_{};
    std::int64_t rendered_ = -1;
    std::string text_;
    std::size_t date_at_;
};

}  // namespace troika::http
