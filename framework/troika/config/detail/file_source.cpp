#include <troika/config/detail/sources.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
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

class Walk {
  public:
    Walk(const std::string& file, const std::map<std::string, int>& lines,
         std::vector<Setting>& settings, std::vector<Problem>& problems)
        : file_(file), lines_(lines), settings_(settings), problems_(problems) {}

    void object(const nlohmann::json& json, const std::string& path, const std::string& pointer) {
        for (const auto& [name, value] : json.items()) {
            const std::string below = path.empty() ? name : path + "." + name;
            member(value, below, (nlohmann::json::json_pointer(pointer) / name).to_string());
        }
    }

  private:
    void member(const nlohmann::json& value, const std::string& path, const std::string& pointer) {
        const auto line = lines_.find(pointer);
        const std::string source =
            line == lines_.end() ? file_ : file_ + ":" + std::to_string(line->second);
        if (Setting* setting = find(settings_, path)) {
            assign(*setting, value, source, problems_);
        } else if (!is_section(path)) {
            problems_.push_back(
                {source, path, "unknown setting" + nearest_hint(path, known(path))});
        } else if (value.is_object()) {
            object(value, path, pointer);
        } else {
            problems_.push_back({source, path, "expected a section, { ... }"});
        }
    }

    bool is_section(const std::string& path) const {
        for (const Setting& setting : settings_) {
            if (setting.path.starts_with(path + ".")) return true;
        }
        return false;
    }

    // Settings, and sections for a name that could be one: everything as deep as `path`.
    std::vector<std::string> known(const std::string& path) const {
        const auto depth = std::count(path.begin(), path.end(), '.') + 1;
        std::vector<std::string> names;
        for (const Setting& setting : settings_) {
            std::size_t end = 0;
            for (long i = 0; i < depth && end != std::string::npos; ++i)
                end = setting.path.find('.', i == 0 ? 0 : end + 1);
            names.push_back(setting.path.substr(0, end));
        }
        return names;
    }

    const std::string& file_;
    const std::map<std::string, int>& lines_;
    std::vector<Setting>& settings_;
    std::vector<Problem>& problems_;
};

}  // namespace

void apply_file(const std::string& name, FilePresence presence, std::vector<Setting>& settings,
                std::vector<Problem>& problems) {
    const std::size_t before = problems.size();
    const auto text = read_file(name, problems);
    if (!text && presence == FilePresence::required)
        problems.push_back({"--config " + name, "", "there is no such file"});
    if (!text || problems.size() != before) return;
    std::map<std::string, int> lines;
    nlohmann::json json;
    try {
        data::ParseOptions options;
        options.comments = data::JsonComments::ignore;
        options.lines = &lines;
        json = data::parse_json(*text, options);
    } catch (const data::DecodeError& error) {
        problems.push_back(
            {name, error.path(), "expected " + error.expected() + ", found " + error.found()});
        return;
    }
    if (!json.is_object()) {
        problems.push_back({name, "", "expected sections, {\"server\": { ... }}"});
        return;
    }
    Walk(name, lines, settings, problems).object(json, "", "");
}

}  // namespace troika::config::detail
