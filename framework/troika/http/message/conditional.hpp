#pragma once

#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Conditional requests and ranges (RFC 9110 13 and 14).
namespace troika::http {

// Whether a date names one state alone (RFC 9110 8.8.2.2). As a rule it does not: within one second there may
// have been two, and a client that got the first would take the rest from the second.
enum class Dates : std::uint8_t {
    weak,
    strong  // the application knows that there are never two states in one second
};

// What tells one state of a resource from another.
struct Validators {
    std::string etag{};  // with its quotes: "\"33a64df5\"", or W/"..." for a weak one; empty: none
    std::optional<std::chrono::sys_seconds> modified{};
    Dates dates = Dates::weak;
};

// Puts quotes around it. Throws Error for a text that no entity tag can have.
std::string make_etag(std::string_view opaque);

// The answer to give instead of a resource that is there, or of changing it: 304 for If-None-Match and
// If-Modified-Since of GET and HEAD, 412 for If-Match, If-Unmodified-Since and for If-None-Match of other
// methods. Nothing: go on. In the order of RFC 9110 13.2.2. Tags are compared by RFC 9110 8.8.3.2: a weak one
// never meets If-Match. A malformed list has only the tags before its flaw, a malformed date counts for none.
// A 304 needs the Cache-Control, Expires, Vary and Content-Location that a 200 would have (RFC 9110 15.4.5):
// add them where there are any.
//
//     if (auto instead = precondition(request, validators)) co_return std::move(*instead);
//     co_return with_validators(Response::json(...), validators);
std::optional<Response> precondition(const Request& request, const Validators& validators);

// The same for a resource that is not there, and may be about to be made: 412 for If-Match.
std::optional<Response> precondition_of_absent(const Request& request);

// Adds ETag and Last-Modified.
Response with_validators(Response response, const Validators& validators);

// A part of `size` bytes.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

enum class RangeKind : std::uint8_t { all, part, unsatisfiable };
struct WantedRange {
    RangeKind kind = RangeKind::all;
    ByteRange range;
};

// What a GET wants of a resource of that size. All of it, as RFC 9110 14.2 allows, where Range is missing
// or malformed, in another unit, or for several parts (many small ones are an attack), and where
// If-Range does not name this state by a strong validator: a strong tag, or a date where Dates::strong.
WantedRange wanted_range(const Request& request, std::uint64_t size, const Validators& validators);

}  // namespace troika::http
