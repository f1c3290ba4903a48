#include <troika/base/error.hpp>
#include <troika/http/message/request_id.hpp>

#include <sys/random.h>

#include <array>
#include <cinttypes>
#include <cstdio>

namespace troika::http {

RequestIdSource::RequestIdSource() {
    // At most 256 bytes after boot never block and never come short (getrandom(2)).
    if (::getrandom(&prefix_, sizeof prefix_, 0) != static_cast<ssize_t>(sizeof prefix_))
        throw_errno("draw a random prefix for request ids");
}

std::string RequestIdSource::next() {
    std::array<char, 40> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%016" PRIx64 "-%06" PRIu64, prefix_, ++made_);
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace troika::http
