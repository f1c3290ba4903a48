#include "request_reader.hpp"
#include "targets.hpp"

#include <troika/base/check.hpp>

#include <string>
#include <vector>

namespace troika::fuzz {

namespace {

struct Transcript {
    std::vector<std::string> requests;
    bool refused = false;
    bool closed = false;
    bool operator==(const Transcript&) const = default;
};

// In pieces of `step` bytes; 0: whole.
Transcript read(std::string_view bytes, std::size_t step) {
    Transcript transcript;
    testing::RequestReader reader([&](const testing::RequestReader::Outcome& outcome) {
        std::string text(to_string(outcome.head.method()));
        text.append(" ").append(outcome.head.target()).append(" ").append(outcome.head.path());
        for (const Headers::Field field : outcome.head.headers()) {
            TROIKA_CHECK(field.value.find_first_of("\r\n") == std::string_view::npos,
                         "a field value has a line end");
            text.append("|").append(field.name).append("=").append(field.value);
        }
        transcript.requests.push_back(text + "|" + outcome.body);
    });
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, step == 0 ? bytes.size() : step);
        if (!reader.feed(piece)) break;
        bytes.remove_prefix(piece.size());
    }
    transcript.refused = reader.refused() != 0;
    transcript.closed = reader.closed();
    return transcript;
}

}  // namespace

void head(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t step = static_cast<unsigned char>(bytes.front()) % 7 + 1;
    // An unfinished head that is wrong may be refused now or when it ends; so it ends.
    const std::string ended = std::string(bytes.substr(1)) + "\r\n\r\n";
    bytes = ended;
    const Transcript whole = read(bytes, 0);
    TROIKA_CHECK(read(bytes, step) == whole, "requests in pieces are other requests");
}

}  // namespace troika::fuzz
