// arguments ──read_flags──▶ which file? what to do?
//                                │
// defaults ◀─ file ◀─ environment ◀─ flags        (each source overwrites; every problem is collected)
#include <troika/base/check.hpp>
#include <troika/config/detail/sources.hpp>
#include <troika/config/settings.hpp>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

namespace troika::config {
namespace {

constexpr std::array<std::string_view, 4> kCommands{"help", "version", "check-config",
                                                    "print-config"};

}  // namespace

std::string Setting::variable() const {
    std::string out = "TROIKA_";
    for (const char c : path) {
        if (c == '.')
            out += "__";
        else
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

Environment copy_environment(const char* const* variables) {
    Environment out;
    for (; variables != nullptr && *variables != nullptr; ++variables) {
        const std::string_view entry = *variables;
        const std::size_t equals = entry.find('=');
        if (equals != std::string_view::npos)
            out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return out;
}

Settings::Settings(std::string service, std::string version)
    : service_(std::move(service)), version_(std::move(version)) {}

void Settings::add(std::string_view name, std::vector<Setting> found,
                   std::initializer_list<Help> help) {
    const std::string prefix = std::string(name) + ".";
    for (const Setting& setting : settings_)
        TROIKA_CHECK(!setting.path.starts_with(prefix), prefix + " is registered twice");
    for (Setting& setting : found) {
        const std::string member = setting.path.substr(prefix.size());
        const auto at = std::find_if(help.begin(), help.end(),
                                     [&](const Help& line) { return line.member == member; });
        TROIKA_CHECK(at != help.end() && !at->text.empty(),
                     "the setting " + setting.path + " has no line of help");
        setting.help = at->text;
    }
    for (const Help& line : help) {
        const std::string path = prefix + std::string(line.member);
        TROIKA_CHECK(detail::find(found, path) != nullptr, "help for no setting: " + path);
    }
    std::move(found.begin(), found.end(), std::back_inserter(settings_));
}

void Settings::command(std::string_view name, std::string_view help) {
    commands_.push_back({std::string(name), std::string(help)});
}

void Settings::rule(std::string_view path, std::function<std::optional<std::string>()> broken) {
    known(path, "a rule");
    rules_.push_back({std::string(path), std::move(broken)});
}

Setting& Settings::known(std::string_view path, const char* what) {
    Setting* const setting = detail::find(settings_, path);
    TROIKA_CHECK(setting != nullptr, std::string(what) + " for no setting: " + std::string(path));
    return *setting;
}

void Settings::derived(std::string_view path, std::function<std::optional<std::string>()> in_use) {
    known(path, "a derived value").in_use = std::move(in_use);
}

void Settings::reloadable(std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths) known(path, "a reload").reloadable = true;
}

void Settings::borrow(const Settings& from) {
    for (const Setting& theirs : from.settings_) {
        if (detail::find(settings_, theirs.path) == nullptr) settings_.push_back(theirs.detach());
    }
}

Settings::Changes Settings::take_over(const Settings& fresh) {
    Changes changes;
    for (Setting& ours : settings_) {
        const auto theirs =
            std::find_if(fresh.settings_.begin(), fresh.settings_.end(),
                         [&](const Setting& other) { return other.path == ours.path; });
        if (theirs == fresh.settings_.end() || theirs->exact() == ours.exact()) continue;
        if (!ours.reloadable) {
            changes.for_restart.push_back(ours.path);
            continue;
        }
        ours.assign(data::parse_json(theirs->show()));
        ours.source = theirs->source;
        changes.taken.push_back(ours.path);
    }
    return changes;
}

void Settings::check_rules(std::vector<Problem>& problems) const {
    std::set<std::string> wrong_already;
    for (const Problem& problem : problems) wrong_already.insert(problem.path);
    for (const Rule& rule : rules_) {
        if (wrong_already.contains(rule.path)) continue;
        const auto text = rule.broken();
        if (!text) continue;
        for (const Setting& setting : settings_) {
            if (setting.path == rule.path) problems.push_back({setting.source, rule.path, *text});
        }
    }
}

Outcome Settings::load(const std::vector<std::string>& arguments, const Environment& environment,
                       const std::string& default_file) {
    try {
        return load_or_throw(arguments, environment, default_file);
    } catch (const ConfigError& error) {
        Outcome outcome;
        outcome.action = Outcome::Action::print;
        outcome.text = std::string(error.what()) + "\n";
        outcome.exit_code = 2;
        return outcome;
    }
}

Outcome Settings::load_or_throw(const std::vector<std::string>& arguments,
                                const Environment& environment, const std::string& default_file) {
    std::vector<Problem> problems;
    std::vector<std::string> commands(kCommands.begin(), kCommands.end());
    for (const Command& command : commands_) commands.push_back(command.name);
    const detail::Flags flags = detail::read_flags(arguments, settings_, commands, problems);

    Outcome outcome;
    outcome.action = Outcome::Action::print;
    if (flags.command == "help") {
        outcome.text = help(default_file);
        return outcome;
    }
    if (flags.command == "version") {
        outcome.text = service_ + " " + version_ + "\n";
        return outcome;
    }
    if (flags.file)
        detail::apply_file(*flags.file, detail::FilePresence::required, settings_, problems);
    else if (!default_file.empty())
        detail::apply_file(default_file, detail::FilePresence::optional, settings_, problems);
    detail::apply_environment(environment, settings_, problems, outcome.notes);
    detail::apply_flags(flags, problems);
    check_rules(problems);
    if (!problems.empty()) {
        for (const std::string& note : outcome.notes) problems.push_back({"note", "", note});
        throw ConfigError(std::move(problems));
    }

    if (flags.command == "check-config") {
        outcome.text = "the configuration is valid\n";
    } else if (flags.command == "print-config") {
        outcome.text = print();
    } else {
        outcome.action = flags.command.empty() ? Outcome::Action::run : Outcome::Action::command;
        outcome.command = flags.command;
    }
    return outcome;
}

}  // namespace troika::config
