#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace troika::data::detail {

// JSON text that grows by being written into.
class JsonBuffer {
  public:
    JsonBuffer() : text_(kBegin, '\0'), at_(text_.data()), end_(at_ + kBegin) {}
    JsonBuffer(const JsonBuffer&) = delete;
    JsonBuffer& operator=(const JsonBuffer&) = delete;

    std::string take() {
        text_.resize(size());
        return std::move(text_);
    }
    std::size_t size() const { return static_cast<std::size_t>(at_ - text_.data()); }
    // Of what is not empty.
    char back() const { return at_[-1]; }

    void push(char c) {
        reserve(1);
        *at_++ = c;
    }
    void append(std::string_view text) {
        reserve(text.size());
        at_ = std::copy(text.begin(), text.end(), at_);
    }
    template <typename T>
    void integer(T value) {
        constexpr std::size_t kLongest = 20;
        reserve(kLongest);
        at_ = std::to_chars(at_, at_ + kLongest, value).ptr;
    }
    // A double that is a number below 10^12 with at most three decimals, and there is no shorter form
    // of it; false for all others. Prices and the like: a third of the instructions.
    bool short_decimal(double value);
    // Gives back what follows the last byte that was UTF-8. Nothing: all is written, and the quote too.
    std::string_view quoted(std::string_view text);

    // Where to write `count` bytes at most; advance_to() their end.
    char* reserve(std::size_t count) {
        if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
        return at_;
    }
    void advance_to(char* at) { at_ = at; }

  private:
    static constexpr std::size_t kBegin = 512;

    void grow(std::size_t count);
    std::size_t plain(std::string_view text);
    std::size_t plain_of_long(std::string_view text);
    std::size_t plain_of_short(std::string_view text);
    void escape(char c);

    std::string text_;
    char* at_;
    char* end_;
};

}  // namespace troika::data::detail
