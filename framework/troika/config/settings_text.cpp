#include <troika/config/settings.hpp>

#include <algorithm>
#include <span>

namespace troika::config {
namespace {

constexpr std::size_t kColumn = 46;  // where the explanations begin
constexpr std::size_t kWidth = 100;

// The text with its lines broken between words, each after the first one indented.
std::string wrapped(std::string_view text) {
    std::string out;
    std::size_t column = kColumn;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (column > kColumn && column + 1 + word.size() > kWidth) {
            out += '\n' + std::string(kColumn, ' ');
            column = kColumn;
        } else if (column > kColumn) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
    }
    return out + '\n';
}

// As one writes it behind a flag: text without its quotes, where none are needed.
std::string plain(const std::string& json) {
    if (json.size() <= 2 || json.front() != '"' || json.find('\\') != std::string::npos)
        return json;
    return json.substr(1, json.size() - 2);
}

// What is used, and where it comes from.
std::string value(const Setting& setting, std::string& origin) {
    origin = setting.source;
    if (const auto used = setting.in_use ? setting.in_use() : std::nullopt) {
        origin += "; derived from " + setting.show();
        return *used;
    }
    return setting.show();
}

// The members of one section; settings of one section lie side by side, all with the same beginning.
void print_section(std::string& out, std::span<const Setting> settings, std::size_t beginning,
                   std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    while (!settings.empty()) {
        const std::string& path = settings.front().path;
        const std::size_t dot = path.find('.', beginning);
        std::size_t count = 1;
        std::string origin;
        out += indent + data::to_json(path.substr(beginning, dot - beginning)) + ": ";
        if (dot != std::string::npos) {
            const std::string_view same = std::string_view(path).substr(0, dot + 1);
            while (count < settings.size() && settings[count].path.starts_with(same)) ++count;
            out += "{\n";
            print_section(out, settings.first(count), dot + 1, depth + 1);
            out += indent + "}";
        } else {
            out += value(settings.front(), origin);
        }
        if (count < settings.size()) out += ',';
        if (!origin.empty()) out += "  // " + origin;
        out += '\n';
        settings = settings.subspan(count);
    }
}

}  // namespace

std::string Settings::print() const {
    std::string out = "{\n";
    print_section(out, settings_, 0, 1);
    return out + "}\n";
}

std::string Settings::help(const std::string& default_file) const {
    std::string out = "Usage: " + service_ + " [--config FILE] [--SETTING VALUE]...\n\n";
    const auto line = [&](const std::string& left, const std::string& right) {
        out += "  " + left;
        out += left.size() >= kColumn - 2 ? "\n" + std::string(kColumn, ' ')
                                          : std::string(kColumn - 2 - left.size(), ' ');
        out += wrapped(right);
    };
    line("--config FILE", "read this file instead of " +
                              (default_file.empty() ? std::string("none") : default_file));
    line("--check-config", "say what is wrong with the configuration, and end");
    line("--print-config", "print the effective configuration and where it comes from, and end");
    line("--help", "print this, and end");
    line("--version", "print the version, and end");
    for (const Command& command : commands_) line("--" + command.name, command.help);
    out +=
        "\nSettings, in rising order of weight: the defaults below, the file, the environment\n"
        "(TROIKA_SERVER__PORT for server.port), flags (--server.port 8080 or --server.port=8080).\n"
        "A flag that is given twice with different values is an error.\n";
    if (std::any_of(settings_.begin(), settings_.end(), [](const auto& s) { return s.reloadable; }))
        out += "Those marked [SIGHUP] are read again at that signal; the others need a restart.\n";
    out += '\n';
    for (const Setting& setting : settings_) {
        line("--" + setting.path + " <" + setting.type + ">",
             setting.help + " (default: " + plain(setting.default_json) + ")" +
                 (setting.reloadable ? " [SIGHUP]" : ""));
    }
    return out;
}

}  // namespace troika::config
