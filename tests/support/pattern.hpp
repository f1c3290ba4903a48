#pragma once

#include <string>
#include <vector>

namespace troika::testing {

// The first place in `text` that the regular expression (ECMAScript) matches: [0] is the whole match, then
// what each group captured. Empty: none does. <regex> costs every source that uses it 2 s to compile.
std::vector<std::string> find_pattern(const std::string& text, const std::string& pattern);

}  // namespace troika::testing
