#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace troika::data {

// Nesting that readers accept and writers produce by default.
inline constexpr std::size_t kMaxDepth = 64;

// Takes a value apart, one call per piece, in document order. The JSON and the binary form are two
// implementations of it, so a description (data/described.hpp) is written once.
//
//   Errors        EncodeError for what the form cannot say, or beyond kMaxDepth.
class Writer {
  public:
    virtual ~Writer() = default;

    virtual void null() = 0;
    virtual void boolean(bool value) = 0;
    virtual void integer(std::int64_t value) = 0;
    virtual void natural(std::uint64_t value) = 0;
    virtual void number(double value) = 0;
    virtual void text(std::string_view value) = 0;
    virtual void bytes(std::span<const std::byte> value) = 0;
    // Exactly `count` elements or members follow, then the matching end.
    virtual void begin_array(std::size_t count) = 0;
    virtual void end_array() = 0;
    virtual void begin_object(std::size_t count) = 0;
    virtual void key(std::string_view name) = 0;
    virtual void end_object() = 0;
    // True: sequences of numbers come as bytes() of their memory; the reader is a fork of this
    // image.
    virtual bool packs_numbers() const { return false; }

    // A whole JSON value, piece by piece.
    void value(const nlohmann::json& value);
};

}  // namespace troika::data
