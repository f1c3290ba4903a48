#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troika::config {
class Settings;
}

namespace troika::detail {

// Every setting with its value, on its way to the workers. Secrets too: they are as near to the
// service as it is to itself.
std::string pack_settings(const config::Settings& settings);
// One of them as JSON; nothing where there is none of this path.
std::optional<std::string> find_packed_setting(std::string_view packed, std::string_view path);

}  // namespace troika::detail
