#pragma once

#include <troika/config/settings.hpp>

namespace troika::config::detail {

// Values wait here until every source was read, so that flags may name the file and still win over it.
struct Flags {
    std::optional<std::string> file;
    std::string command;  // "help", "version", "check-config", "print-config" or a registered one
    std::vector<std::pair<Setting*, std::string>> values;
};

Flags read_flags(const std::vector<std::string>& arguments, std::vector<Setting>& settings,
                 const std::vector<std::string>& commands, std::vector<Problem>& problems);

void apply_flags(const Flags& flags, std::vector<Problem>& problems);

void apply_environment(const Environment& environment, std::vector<Setting>& settings,
                       std::vector<Problem>& problems, std::vector<std::string>& notes);

enum class FilePresence { required, optional };
void apply_file(const std::string& name, FilePresence presence, std::vector<Setting>& settings,
                std::vector<Problem>& problems);

// Gives `json` to the setting and remembers the source, or notes the problem.
void assign(Setting& setting, const nlohmann::json& json, const std::string& source,
            std::vector<Problem>& problems);
void assign_word(Setting& setting, const std::string& word, const std::string& source,
                 std::vector<Problem>& problems);

// "/server/port" -> "server.port"
std::string dotted(std::string_view pointer);

Setting* find(std::vector<Setting>& settings, std::string_view path);
std::string nearest_hint(std::string_view name, const std::vector<std::string>& known);

}  // namespace troika::config::detail
