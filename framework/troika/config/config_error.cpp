#include <troika/config/config_error.hpp>

#include <string_view>

namespace troika::config {
namespace {

std::string lines(const std::vector<Problem>& problems) {
    std::string out;
    for (const Problem& problem : problems) {
        if (!out.empty()) out += '\n';
        out += problem.sentence();
    }
    return out;
}

// Names come from files and command lines: a NUL would cut the line, an escape repaint the terminal.
std::string printable(const std::string& text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string Problem::sentence() const {
    // A flag is the path already; what is below it (an item of a list) is put behind it.
    if (!path.empty() && source.starts_with("--") &&
        path.starts_with(std::string_view(source).substr(2)))
        return printable("--" + path + ": " + text);
    return printable(source + ": " + (path.empty() ? "" : path + ": ") + text);
}

ConfigError::ConfigError(std::vector<Problem> problems)
    : Error(lines(problems)), problems_(std::move(problems)) {}

}  // namespace troika::config
