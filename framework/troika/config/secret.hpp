#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troika::config {

// Text that is shown to nobody: printed, logged or written as data it is "***". It may come from a file
// named by an environment variable, TROIKA_STORE__PASSWORD_FILE for store.password.
class Secret final {
  public:
    static constexpr std::string_view kTextForm = "text";

    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    const std::string& reveal() const noexcept { return value_; }
    bool empty() const noexcept { return value_.empty(); }

    static std::optional<Secret> from_text(std::string_view text) {
        return Secret(std::string(text));
    }
    std::string to_text() const { return value_.empty() ? "" : "***"; }

  private:
    std::string value_;
};

}  // namespace troika::config
