#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troika::http::detail {

struct PatternPart {
    enum class Kind : unsigned char { literal, parameter, rest };
    Kind kind;
    std::string text;  // the literal, or the name
};

// "/documents/{id}" -> literal, parameter. "/" has one empty literal. Throws Error naming the
// pattern and what is wrong with it.
std::vector<PatternPart> parse_pattern(std::string_view pattern);

}  // namespace troika::http::detail
