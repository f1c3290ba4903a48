#pragma once

#include <troika/data/detail/json_words.hpp>
#include <troika/data/reader.hpp>

#include <string>
#include <string_view>

namespace troika::data::detail {

// Cuts JSON text (RFC 8259) into its tokens. It pulls, so one scanner serves the described structs,
// which need no value in between, and the builder of nlohmann's values; Boost.JSON's parser pushes. It
// refuses without a word: who wants to know why asks parse_json's lexer, which is slow and eloquent.
//
//   Errors        false, once and for all. Numbers no double can hold are refused here too.
class JsonScanner {
  public:
    explicit JsonScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    // The first character of the next token, or 0 where there is none.
    char peek() {
        while (at_ != end_) {
            const char c = *at_;
            if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) return c;
            ++at_;
        }
        return 0;
    }
    bool at_end() { return peek() == 0 && at_ == end_; }

    // One of {}[]:, if it comes next.
    bool take(char token) {
        if (peek() != token) return false;
        ++at_;
        return true;
    }
    bool literal(std::string_view word) {
        if (!std::string_view(at_, end_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    // The string that peek() saw the quote of: a view of the text, or of `room` if it has escapes.
    bool string(std::string_view& out, std::string& room) {
        const char* const begin = ++at_;
        while (end_ - at_ >= 8) {
            const std::uint64_t specials = special_bytes(load_word(at_));
            if (specials == 0) {
                at_ += 8;
                continue;
            }
            at_ += first_special(specials);
            if (*at_ != '"') break;
            out = {begin, at_++};
            return true;
        }
        return rest_of_string(begin, out, room);
    }

    // Whole numbers that fit are integers, negative ones (and -0) signed; all others are doubles.
    bool number(Number& out);

  private:
    bool rest_of_string(const char* begin, std::string_view& out, std::string& room);
    bool escape(std::string& room);
    bool four_hex_digits(std::uint32_t& value);

    const char* at_;
    const char* const end_;
};

}  // namespace troika::data::detail
