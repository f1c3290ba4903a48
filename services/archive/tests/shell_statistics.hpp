#pragma once

#include "shell.hpp"

#include <string>

// Statistics as the pipelines of README.md tell them.
namespace archive_test {

// Commands that print one word a line.
inline std::string ascii_words(const std::string& file) {
    return "tr -cs '[:alnum:]' '\\n' < " + file + " | tr '[:upper:]' '[:lower:]' | grep .";
}
inline std::string utf8_words(const std::string& file) {
    return "LC_ALL=C.UTF-8 grep -aoE '[[:alnum:]]+' " + file + " | LC_ALL=C.UTF-8 sed 's/.*/\\L&/'";
}

// Lines, words and distinct words of `file`, then "count word" of the twenty most frequent.
inline std::string told_by_shell(const std::string& words, const std::string& file) {
    using troika::testing::output_of;
    const std::string sorted = words + " | LC_ALL=C sort";
    return output_of("wc -l < " + file) + output_of(words + " | wc -l") +
           output_of(sorted + " -u | wc -l") +
           output_of(sorted +
                     " | LC_ALL=C uniq -c | LC_ALL=C sort -k1,1nr -k2 | head -n 20 | "
                     "awk '{print $1, $2}'");
}

}  // namespace archive_test
