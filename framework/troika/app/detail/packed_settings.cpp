#include <troika/app/detail/packed_settings.hpp>
#include <troika/config/settings.hpp>
#include <troika/data/binary.hpp>
#include <troika/workers/arguments.hpp>

#include <map>

namespace troika::detail {

std::string pack_settings(const config::Settings& settings) {
    std::map<std::string, std::string> values;
    for (const config::Setting& setting : settings.all()) {
        values.emplace(setting.path, setting.exact());
    }
    const data::Bytes bytes = data::encode(values);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<std::string> find_packed_setting(std::string_view packed, std::string_view path) {
    auto values = data::decode<std::map<std::string, std::string>>(workers::as_bytes(packed));
    const auto found = values.find(std::string(path));
    if (found == values.end()) return std::nullopt;
    return std::move(found->second);
}

}  // namespace troika::detail
