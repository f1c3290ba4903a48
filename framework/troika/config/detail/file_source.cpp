#include <troika/config/detail/sources.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

namespace troika::config::detail {
namespace {

constexpr std::size_t kLargestFile = 1024 * 1024;

// The file's text; nothing if it does not exist.
std::optional<std::string> read_file(const std::string& name, std::vector<Problem>& problems) {
    errno = 0;
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        if (errno == ENOENT) return std::nullopt;
        problems.push_back({name, "", "cannot be read: " + std::string(std::strerror(errno))});
        return std::string();
    }
    std::string text(kLargestFile + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (!file.eof() && file.fail()))
        problems.push_back({name, "", "cannot be read: " + std::string(std::strerror(errno))});
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kLargestFile) problems.push_back({name, "", "is larger than 1 MB"});
    return text;
}

// "file:line:column: not JSON: <why>"; what is JSON but not allowed here has a line and a path.
Problem not_json(const std::string& file, const std::map<std::string, int>& lines,
                 const data::DecodeError& error) {
    int line = 0;
    int column = 0;
    int end = 0;
    std::sscanf(error.found().c_str(), "an error at line %d, column %d: %n", &line, &column, &end);
    if (end > 0) {
        return {file + ":" + std::to_string(line) + ":" + std::to_string(column), "",
                "not JSON: " + error.found().substr(static_cast<std::size_t>(end))};
    }
    const auto known = lines.find(error.path());
    return {known == lines.end() ? file : file + ":" + std::to_string(known->second),
            dotted(error.path()), "expected " + error.expected() + ", found " + error.found()};
}

// Gives every value to its setting; the problems come in the order of the file.
class Walk {
  public:
    Walk(const std::string& file, const std::map<std::string, int>& lines,
         std::vector<Setting>& settings)
        : file_(file), lines_(lines), settings_(settings) {}

    std::vector<Problem> problems(const nlohmann::json& json) {
        object(json, "", "");
        std::stable_sort(found_.begin(), found_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<Problem> sorted;
        sorted.reserve(found_.size());
        for (auto& [line, problem] : found_) sorted.push_back(std::move(problem));
        return sorted;
    }

  private:
    void object(const nlohmann::json& json, const std::string& path, const std::string& pointer) {
        for (const auto& [name, value] : json.items()) {
            std::string below = path;
            if (!below.empty()) below += '.';
            below += name;
            member(value, below, (nlohmann::json::json_pointer(pointer) / name).to_string());
        }
    }

    void member(const nlohmann::json& value, const std::string& path, const std::string& pointer) {
        const auto at = lines_.find(pointer);
        const int line = at == lines_.end() ? 0 : at->second;
        const std::string source = line == 0 ? file_ : file_ + ":" + std::to_string(line);
        std::vector<Problem> here;
        if (Setting* setting = find(settings_, path)) {
            assign(*setting, value, source, here);
        } else if (!is_section(path)) {
            here.push_back({source, path, "unknown setting" + nearest_hint(path, known(path))});
        } else if (value.is_object()) {
            object(value, path, pointer);
        } else {
            here.push_back({source, path, "expected a section, { ... }"});
        }
        for (Problem& problem : here) found_.emplace_back(line, std::move(problem));
    }

    bool is_section(const std::string& path) const {
        for (const Setting& setting : settings_) {
            if (setting.path.starts_with(path + ".")) return true;
        }
        return false;
    }

    // Settings, and sections for a name that could be one: everything as deep as `path`; and all settings
    // in full, should a section be missing before it.
    std::vector<std::string> known(const std::string& path) const {
        const auto depth = std::count(path.begin(), path.end(), '.') + 1;
        std::vector<std::string> names;
        for (const Setting& setting : settings_) {
            std::size_t end = 0;
            for (long i = 0; i < depth && end != std::string::npos; ++i)
                end = setting.path.find('.', i == 0 ? 0 : end + 1);
            names.push_back(setting.path.substr(0, end));
            names.push_back(setting.path);
        }
        return names;
    }

    const std::string& file_;
    const std::map<std::string, int>& lines_;
    std::vector<Setting>& settings_;
    std::vector<std::pair<int, Problem>> found_;
};

}  // namespace

void apply_file(const std::string& name, FilePresence presence, std::vector<Setting>& settings,
                std::vector<Problem>& problems) {
    const std::size_t before = problems.size();
    const auto text = read_file(name, problems);
    if (!text && presence == FilePresence::required)
        problems.push_back({"--config " + name, "", "there is no such file"});
    if (!text || problems.size() != before) return;
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
        problems.push_back({name, "", "is empty; the least it may say is {}"});
        return;
    }
    std::map<std::string, int> lines;
    nlohmann::json json;
    try {
        data::ParseOptions options;
        options.comments = data::JsonComments::ignore;
        options.lines = &lines;
        json = data::parse_json(*text, options);
    } catch (const data::DecodeError& error) {
        problems.push_back(not_json(name, lines, error));
        return;
    }
    if (!json.is_object()) {
        problems.push_back({name, "", "expected sections, {\"server\": { ... }}"});
        return;
    }
    std::vector<Problem> found = Walk(name, lines, settings).problems(json);
    std::move(found.begin(), found.end(), std::back_inserter(problems));
}

}  // namespace troika::config::detail
