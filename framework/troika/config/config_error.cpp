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

}  // namespace

std::string Problem::sentence() const {
    // A flag is the path already; what is below it (an item of a list) is put behind it.
    if (!path.empty() && source.starts_with("--") &&
        path.starts_with(std::string_view(source).substr(2)))
        return "--" + path + ": " + text;
    return source + ": " + (path.empty() ? "" : path + ": ") + text;
}

ConfigError::ConfigError(std::vector<Problem> problems)
    : Error(lines(problems)), problems_(std::move(problems)) {}

}  // namespace troika::config
