#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace troika::log {

enum class Level { trace, debug, info, warning, error, critical, off };

// A field's value; text is a view and lives as long as the call it is passed to. A duration is
// written as 1.5ms in text and as seconds in JSON.
class Value final {
  public:
    using Any = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool,
                             std::chrono::nanoseconds>;

    Value(std::string_view text) : any_(text) {}
    Value(const std::string& text) : any_(std::string_view(text)) {}
    Value(const char* text) : any_(std::string_view(text)) {}
    Value(bool value) : any_(value) {}
    template <std::signed_integral T>
    Value(T value) : any_(static_cast<std::int64_t>(value)) {}
    template <std::unsigned_integral T>
    Value(T value) : any_(static_cast<std::uint64_t>(value)) {}
    template <std::floating_point T>
    Value(T value) : any_(static_cast<double>(value)) {}
    template <typename Rep, typename Period>
    Value(std::chrono::duration<Rep, Period> value)
        : any_(std::chrono::duration_cast<std::chrono::nanoseconds>(value)) {}

    const Any& any() const noexcept { return any_; }

  private:
    Any any_;
};

struct Field {
    std::string_view key;
    Value value;
};

// One event. A view of its parts, valid for the call it is passed to.
struct Record {
    Level level;
    std::chrono::system_clock::time_point time;
    std::string_view message;
    std::span<const Field> fields;
};

}  // namespace troika::log
