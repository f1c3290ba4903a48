#pragma once

#include <troika/app/settings.hpp>
#include <troika/config/settings.hpp>

namespace troika::detail {

// What every service can be told: sections, help, bounds, what stands for 0, what SIGHUP reloads. Both
// live as long as the App.
void add_known_settings(config::Settings& settings, AppSettings& options);

}  // namespace troika::detail
