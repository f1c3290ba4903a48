#include <troika/config/config_error.hpp>

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
    return source + ": " + (path.empty() ? "" : path + ": ") + text;
}

ConfigError::ConfigError(std::vector<Problem> problems)
    : Error(lines(problems)), problems_(std::move(problems)) {}

}  // namespace troika::config
