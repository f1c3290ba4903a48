#include <troika/config/detail/sources.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace troika::config::detail {
namespace {

constexpr std::string_view kPrefix = "TROIKA_";
constexpr std::string_view kFileSuffix = "_FILE";

// A secret from a file, as orchestrators mount them; one newline at the end is an editor's.
void assign_file(Setting& setting, const std::string& file, const std::string& source,
                 std::vector<Problem>& problems) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) {
        problems.push_back({source, setting.path,
                            "cannot read " + file + ": " + std::string(std::strerror(errno))});
        return;
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    assign(setting, text, source, problems);
}

}  // namespace

void apply_environment(const Environment& environment, std::vector<Setting>& settings,
                       std::vector<Problem>& problems, std::vector<std::string>& notes) {
    std::map<std::string, Setting*> by_variable;
    std::map<std::string, std::string> by_slip;  // TROIKA_SERVER_PORT -> TROIKA_SERVER__PORT
    std::vector<std::string> known;
    for (Setting& setting : settings) {
        const std::string name = setting.variable();
        by_variable[name] = &setting;
        known.push_back(name);
        std::string slip = name;
        for (std::size_t at; (at = slip.find("__")) != std::string::npos;) slip.erase(at, 1);
        by_slip[slip] = name;
    }
    for (const auto& [name, value] : environment) {
        if (!name.starts_with(kPrefix)) continue;
        if (const auto at = by_variable.find(name); at != by_variable.end()) {
            assign_word(*at->second, value, name, problems);
            continue;
        }
        if (name.find("__") == std::string::npos) {
            if (const auto slip = by_slip.find(name); slip != by_slip.end())
                notes.push_back(name + " is ignored; the setting is called " + slip->second);
            continue;
        }
        if (name.ends_with(kFileSuffix)) {
            const std::string base = name.substr(0, name.size() - kFileSuffix.size());
            const auto at = by_variable.find(base);
            if (at != by_variable.end() && at->second->secret) {
                if (environment.contains(base))
                    problems.push_back({name, at->second->path, base + " is set too"});
                else
                    assign_file(*at->second, value, name, problems);
                continue;
            }
        }
        problems.push_back({name, "", "unknown setting" + nearest_hint(name, known)});
    }
}

}  // namespace troika::config::detail
