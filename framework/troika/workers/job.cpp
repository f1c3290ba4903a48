#include <troika/workers/job.hpp>

#include <troika/base/check.hpp>

#include <algorithm>
#include <string>

namespace troika::workers {
namespace {

std::vector<std::string_view>& names() {
    static std::vector<std::string_view> all;
    return all;
}

}  // namespace

void register_job(std::string_view name) {
    auto& all = names();
    const auto place = std::lower_bound(all.begin(), all.end(), name);
    TROIKA_CHECK(!name.empty(), "a job needs a name");
    TROIKA_CHECK(place == all.end() || *place != name,
                 "two jobs are named \"" + std::string(name) + "\": give one of them another name");
    all.insert(place, name);
}

std::vector<std::string_view> registered_jobs() { return names(); }

}  // namespace troika::workers
