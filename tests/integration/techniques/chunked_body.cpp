#include "chunked_body.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace techniques_test {

using troika::testing::SocketClient;

namespace {

// One byte sequence after the other, of whatever has come.
class Incoming final {
  public:
    explicit Incoming(SocketClient& client) : client_(client) {}

    bool line(std::string& text) {
        std::size_t end = 0;
        while ((end = rest_.find("\r\n")) == std::string::npos)
            if (!more()) return false;
        text = rest_.substr(0, end);
        rest_.erase(0, end + 2);
        return true;
    }
    bool bytes(std::uint64_t count, const std::function<void(std::string_view)>& take) {
        while (count > 0) {
            if (rest_.empty() && !more()) return false;
            const std::size_t now = std::min<std::uint64_t>(count, rest_.size());
            take(std::string_view(rest_).substr(0, now));
            rest_.erase(0, now);
            count -= now;
        }
        return true;
    }

  private:
    bool more() {
        const std::string piece = client_.read_piece();
        rest_ += piece;
        return !piece.empty();
    }

    SocketClient& client_;
    std::string rest_;
};

std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

}  // namespace

bool read_body(SocketClient& client, const std::function<void(std::string_view)>& take) {
    Incoming incoming(client);
    std::string line;
    if (!incoming.line(line) || line != "HTTP/1.1 200 OK") return false;
    std::uint64_t length = 0;
    bool chunked = false;
    while (incoming.line(line) && !line.empty()) {
        if (line.starts_with("content-length: ")) length = number(line.substr(16), 10);
        if (line == "transfer-encoding: chunked") chunked = true;
    }
    if (!chunked) return incoming.bytes(length, take);
    while (incoming.line(line)) {
        const std::uint64_t size = number(line, 16);
        if (!incoming.bytes(size, take)) return false;
        if (!incoming.line(line)) return false;
        if (size == 0) return true;
    }
    return false;
}

}  // namespace techniques_test
