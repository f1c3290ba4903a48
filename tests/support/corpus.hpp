#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troika::testing {

// One line of tests/corpus/http1.txt; the file says what its parts mean.
struct CorpusCase {
    std::string name;
    std::string source;
    std::vector<int> statuses;
    enum class End { open, close, silent } end = End::close;
    std::string body;  // of the last answer; empty: not checked
    std::string bytes;
};

// Throws Error naming the line that is wrong.
std::vector<CorpusCase> read_corpus(const std::string& path);

// "\r\n", "{3*ab}" and so on as the bytes they stand for.
std::string unescape(std::string_view text);

}  // namespace troika::testing
