#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::http {

// What the `{name}` parts of a route matched, decoded. Names are views into the route, which
// outlives every request; values lie in one string that is recycled.
class PathParameters final {
  public:
    void add(std::string_view name, std::string_view decoded);
    std::optional<std::string_view> get(std::string_view name) const noexcept;
    std::size_t size() const noexcept { return entries_.size(); }
    std::string_view name(std::size_t index) const noexcept { return entries_[index].name; }
    std::string_view value(std::size_t index) const noexcept;
    // Drops all but the first `count`.
    void truncate(std::size_t count) noexcept;
    void clear() noexcept;

  private:
    struct Entry {
        std::string_view name;
        std::uint32_t at;
        std::uint32_t length;
    };
    std::string values_;
    std::vector<Entry> entries_;
};

}  // namespace troika::http
