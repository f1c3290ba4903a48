#pragma once

#include <troika/observe/log_record.hpp>

namespace troika::log::detail {

enum class Style { text, coloured_text, json };

// The record as one line, newline included, at most 16 KB long.
std::string format_line(const Record& record, Style style);

std::string_view level_name(Level level) noexcept;

}  // namespace troika::log::detail
