#include "process_tree.hpp"

#include "temporary_folder.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

namespace troika::testing {

namespace {

std::optional<ProcessInfo> info_of(const std::string& pid) {
    const std::string stat = read_file("/proc/" + pid + "/stat");
    const auto name_begin = stat.find('(');
    const auto name_end = stat.rfind(')');
    if (name_begin == std::string::npos || name_end == std::string::npos) return std::nullopt;
    ProcessInfo info;
    info.pid = std::stoi(pid);
    info.name = stat.substr(name_begin + 1, name_end - name_begin - 1);
    std::istringstream rest(stat.substr(name_end + 1));
    pid_t group = 0;
    rest >> info.state >> info.parent >> group >> info.session;
    std::string unwanted;
    for (int left = 7; left > 0; --left) rest >> unwanted;  // to utime, see proc(5)
    rest >> info.user_ticks;
    return info;
}

template <typename Condition>
std::vector<ProcessInfo> processes_where(Condition condition) {
    std::vector<ProcessInfo> found = all_processes();
    std::erase_if(found, [&](const ProcessInfo& process) { return !condition(process); });
    return found;
}

int count_entries(const std::string& path) {
    std::error_code gone;
    const std::filesystem::directory_iterator entries(path, gone);
    return gone ? 0 : static_cast<int>(std::distance(begin(entries), end(entries)));
}

}  // namespace

std::optional<ProcessInfo> process_info(pid_t pid) { return info_of(std::to_string(pid)); }

bool gone_or_zombie(pid_t pid) {
    const std::optional<ProcessInfo> info = process_info(pid);
    return !info || info->zombie();
}

std::vector<ProcessInfo> all_processes() {
    std::vector<ProcessInfo> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); }))
            continue;
        if (auto info = info_of(name)) found.push_back(std::move(*info));
    }
    return found;
}

std::vector<ProcessInfo> processes_in_session(pid_t session) {
    return processes_where([&](const ProcessInfo& each) { return each.session == session; });
}

std::vector<ProcessInfo> children_of(pid_t parent) {
    return processes_where([&](const ProcessInfo& each) { return each.parent == parent; });
}

int thread_count(pid_t pid) { return count_entries("/proc/" + std::to_string(pid) + "/task"); }
std::vector<std::string> thread_names(pid_t pid) {
    std::vector<std::string> names;
    std::error_code gone;
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        const std::string name = read_file(thread.path() / "comm");
        names.push_back(name.substr(0, name.find('\n')));
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::size_t resident_memory(pid_t pid) {
    const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find("VmRSS:");
    return at == std::string::npos ? 0 : std::stoul(status.substr(at + 6)) * 1024;
}

int descriptor_count(pid_t pid) { return count_entries("/proc/" + std::to_string(pid) + "/fd"); }

std::vector<std::string> descriptors_of(pid_t pid) {
    std::vector<std::string> found;
    std::error_code gone;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
        const auto target = std::filesystem::read_symlink(entry.path(), gone);
        if (!gone) found.push_back(entry.path().filename().native() + " " + target.native());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace troika::testing
