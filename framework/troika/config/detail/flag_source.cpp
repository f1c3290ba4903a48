#include <troika/config/detail/sources.hpp>
#include <troika/data/nearest.hpp>

namespace troika::config::detail {

Flags read_flags(const std::vector<std::string>& arguments, std::vector<Setting>& settings,
                 const std::vector<std::string>& commands, std::vector<Problem>& problems) {
    Flags flags;
    std::vector<std::string> known{"--config"};
    for (const std::string& command : commands) known.push_back("--" + command);
    for (const Setting& setting : settings) known.push_back("--" + setting.path);

    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i] == "-h" ? "--help" : arguments[i];
        if (!argument.starts_with("--")) {
            problems.push_back({data::excerpt(argument), "", "is no flag; flags begin with --"});
            continue;
        }
        const std::size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        std::optional<std::string> value;
        if (equals != std::string::npos) value = argument.substr(equals + 1);

        const std::string bare = name.substr(2);
        const bool command = std::find(commands.begin(), commands.end(), bare) != commands.end();
        Setting* setting = find(settings, bare);
        if (command) {
            if (value) problems.push_back({name, "", "takes no value"});
            if (flags.command.empty() || bare == "help") flags.command = bare;
            continue;
        }
        if (setting == nullptr && name != "--config") {
            problems.push_back({name, "", "unknown flag" + nearest_hint(name, known)});
            continue;
        }
        const bool more = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
        if (!value && setting != nullptr && setting->flag) {
            const bool said = more && (arguments[i + 1] == "true" || arguments[i + 1] == "false");
            value = said ? arguments[++i] : "true";
        } else if (!value && more) {
            value = arguments[++i];
        }
        if (!value)
            problems.push_back({name, "", "needs a value"});
        else if (setting == nullptr)
            flags.file = *value;
        else
            flags.values.emplace_back(setting, *value);
    }
    return flags;
}

void apply_flags(const Flags& flags, std::vector<Problem>& problems) {
    for (const auto& [setting, value] : flags.values)
        assign_word(*setting, value, "--" + setting->path, problems);
}

}  // namespace troika::config::detail
