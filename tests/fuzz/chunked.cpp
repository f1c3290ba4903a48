#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/http/codec/body_decoder.hpp>

#include <algorithm>
#include <string>

namespace troika::fuzz {

namespace {

struct Body {
    std::string bytes;
    std::size_t left_over = 0;
    bool done = false;
    bool failed = false;
    http::Status status{};
    bool operator==(const Body&) const = default;
};

Body decode(std::string_view bytes, std::size_t step) {
    http::HeadFacts facts;
    facts.framing = http::Framing::chunked;
    constexpr std::size_t kLimit = 100'000;
    http::BodyDecoder decoder(facts, kLimit);
    Body body;
    while (!bytes.empty() && !decoder.done() && !decoder.failed()) {
        std::string_view piece = bytes.substr(0, step);
        const std::size_t size = piece.size();
        std::string_view taken;
        while (!(taken = decoder.take(piece)).empty()) body.bytes += taken;
        bytes.remove_prefix(size - piece.size());
    }
    body.left_over = bytes.size();
    body.done = decoder.done();
    body.failed = decoder.failed();
    if (body.failed) body.status = decoder.refusal().status;
    TROIKA_CHECK(body.bytes.size() <= kLimit, "a body is longer than its limit");
    TROIKA_CHECK(decoder.taken() == body.bytes.size(), "bytes were counted wrongly");
    return body;
}

}  // namespace

void chunked(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t step = static_cast<unsigned char>(bytes.front()) % 9 + 1;
    bytes.remove_prefix(1);
    const Body whole = decode(bytes, std::max<std::size_t>(bytes.size(), 1));
    TROIKA_CHECK(decode(bytes, step) == whole, "a body in pieces is another body");
}

}  // namespace troika::fuzz
