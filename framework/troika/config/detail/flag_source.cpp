#include <troika/config/detail/sources.hpp>
#include <troika/data/nearest.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace troika::config::detail {

namespace {

// Walks the arguments; what is behind a flag is its value unless it looks like a flag itself.
class FlagReader {
  public:
    FlagReader(const std::vector<std::string>& arguments, std::vector<Setting>& settings,
               const std::vector<std::string>& commands, std::vector<Problem>& problems)
        : arguments_(arguments), settings_(settings), commands_(commands), problems_(problems) {}

    Flags read() {
        for (; at_ < arguments_.size(); ++at_) {
            const std::string& argument = arguments_[at_] == "-h" ? "--help" : arguments_[at_];
            if (argument.starts_with("--"))
                flag(argument);
            else
                wrong(data::excerpt(argument), "is no flag; flags begin with --");
        }
        return std::move(flags_);
    }

  private:
    void flag(const std::string& argument) {
        const std::size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        std::optional<std::string> value;
        if (equals != std::string::npos) value = argument.substr(equals + 1);
        const std::string bare = name.substr(2);
        if (std::find(commands_.begin(), commands_.end(), bare) != commands_.end())
            return command(name, value);
        Setting* const setting = find(settings_, bare);
        if (!value) value = next_value();
        if (setting == nullptr && name != "--config")
            return wrong(name, "unknown flag" + nearest_hint(name, known()));
        if (!value && setting != nullptr && setting->flag) value = "true";
        if (!value || (setting == nullptr && value->empty())) return wrong(name, "needs a value");
        if (setting == nullptr)
            file(*value);
        else
            flags_.values.emplace_back(setting, once(name, *value, setting->secret));
    }

    // Behind an unknown flag it is most likely its value: one problem, not two.
    std::optional<std::string> next_value() {
        const std::size_t next = at_ + 1;
        if (next >= arguments_.size() || arguments_[next].starts_with("--") ||
            arguments_[next] == "-h")
            return std::nullopt;
        at_ = next;
        return arguments_[next];
    }

    void command(const std::string& name, const std::optional<std::string>& value) {
        const std::string bare = name.substr(2);
        if (value) return wrong(name, "takes no value");
        const bool prints = bare == "help" || bare == "version";
        if (flags_.command.empty() || (prints && flags_.command != "help")) {
            flags_.command = bare;
        } else if (!prints && flags_.command != "help" && flags_.command != "version" &&
                   flags_.command != bare) {
            wrong(name, "does not go with --" + flags_.command + "; give one of them");
        }
    }

    void file(const std::string& name) { flags_.file = once("--config", name, false); }

    // What a flag says twice is most likely left over in some script; only the same is harmless.
    const std::string& once(const std::string& name, const std::string& value, bool secret) {
        const auto [before, first] = given_.emplace(name, value);
        if (!first && before->second != value) {
            wrong(name, secret ? "is given twice, with different values"
                               : "is given twice, as " + data::excerpt(before->second) +
                                     " and as " + data::excerpt(value));
        }
        return value;
    }

    std::vector<std::string> known() const {
        std::vector<std::string> names{"--config"};
        for (const std::string& name : commands_) names.push_back("--" + name);
        for (const Setting& setting : settings_) names.push_back("--" + setting.path);
        return names;
    }

    void wrong(const std::string& source, const std::string& text) {
        problems_.push_back({source, "", text});
    }

    const std::vector<std::string>& arguments_;
    std::vector<Setting>& settings_;
    const std::vector<std::string>& commands_;
    std::vector<Problem>& problems_;
    std::size_t at_ = 0;
    std::map<std::string, std::string> given_;
    Flags flags_;
};

}  // namespace

Flags read_flags(const std::vector<std::string>& arguments, std::vector<Setting>& settings,
                 const std::vector<std::string>& commands, std::vector<Problem>& problems) {
    return FlagReader(arguments, settings, commands, problems).read();
}

void apply_flags(const Flags& flags, std::vector<Problem>& problems) {
    for (const auto& [setting, value] : flags.values)
        assign_word(*setting, value, "--" + setting->path, problems);
}

}  // namespace troika::config::detail
