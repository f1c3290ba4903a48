#pragma once

#include <troika/base/error.hpp>

#include <string>

namespace troika::data {

// Bytes that are not what they should be. what() reads
// `/items/3/price: expected a number, found the text "abc"`.
class DecodeError : public Error {
  public:
    DecodeError(std::string path, std::string expected, std::string found);

    // RFC 6901 JSON pointer to the value; empty for the whole document.
    const std::string& path() const noexcept { return path_; }
    const std::string& expected() const noexcept { return expected_; }
    // Quotes at most 40 bytes of the input, control characters escaped.
    const std::string& found() const noexcept { return found_; }

  private:
    std::string path_, expected_, found_;
};

// A value that has no form outside this process: NaN or invalid UTF-8 as JSON, nesting beyond the
// limit.
class EncodeError : public Error {
  public:
    using Error::Error;
};

}  // namespace troika::data
