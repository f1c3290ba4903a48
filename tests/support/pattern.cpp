#include "pattern.hpp"

#include <regex>

namespace troika::testing {

std::vector<std::string> find_pattern(const std::string& text, const std::string& pattern) {
    std::smatch found;
    if (!std::regex_search(text, found, std::regex(pattern))) return {};
    return {found.begin(), found.end()};
}

}  // namespace troika::testing
