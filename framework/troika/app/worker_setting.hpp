#pragma once

#include <troika/data/json.hpp>

#include <string>
#include <string_view>

namespace troika {

namespace detail {
// The value as JSON. Throws Error outside a worker of an App, and for a path that is no setting.
std::string worker_setting_json(std::string_view path);
}  // namespace detail

// Inside a process handler or a job: a setting of the service, "thumbnails.quality" for example, as it
// was when the job began. A reload that changes it reaches every worker before its next job, also those
// made later.
template <typename T>
T worker_setting(std::string_view path) {
    return data::from_json<T>(detail::worker_setting_json(path));
}

}  // namespace troika
