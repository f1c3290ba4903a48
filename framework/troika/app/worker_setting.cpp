#include <troika/app/worker_setting.hpp>

#include <troika/app/detail/packed_settings.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/job_context.hpp>

namespace troika::detail {

std::string worker_setting_json(std::string_view path) {
    const std::string_view packed = workers::worker_settings();
    if (packed.empty()) {
        throw Error("the setting '" + std::string(path) +
                    "' was asked for outside a worker process of a service");
    }
    if (auto value = find_packed_setting(packed, path)) return *std::move(value);
    throw Error("there is no setting '" + std::string(path) + "'");
}

}  // namespace troika::detail
