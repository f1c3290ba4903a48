#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace archive {

struct WordCount {
    std::string word;  // in lower case
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(WordCount, (), (word, count))

struct Statistics {
    std::int64_t lines = 0;  // line feeds, as wc -l counts
    std::int64_t words = 0;  // runs of letters and digits
    std::int64_t distinct_words = 0;
    std::int64_t invalid_bytes = 0;         // bytes that are no UTF-8
    std::vector<WordCount> frequent_words;  // at most twenty, then by the bytes of the word
};
BOOST_DESCRIBE_STRUCT(Statistics, (), (lines, words, distinct_words, invalid_bytes, frequent_words))

// What a UTF-8 text is made of. A word is a run of letters and digits as the C.UTF-8 locale knows
// them, compared in lower case; anything else, a byte that is no UTF-8 included, ends it. The
// README has the shell pipeline that gives the same numbers.
//
// Throws Stopped when the worker is asked to stop, Error when there is no C.UTF-8 locale.
Statistics statistics(std::string_view text);

}  // namespace archive
