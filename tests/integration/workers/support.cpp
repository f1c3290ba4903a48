#include "support.hpp"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace troika::testing {
namespace {

std::vector<std::string> entries(const std::string& path) {
    std::vector<std::string> names;
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return names;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    ::closedir(directory);
    return names;
}

}  // namespace

bool process_exists(pid_t pid) { return ::kill(pid, 0) == 0; }

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> children() {
    std::vector<std::string> found;
    for (const std::string& pid : entries("/proc")) {
        if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) {
            continue;
        }
        const std::string stat = read_file("/proc/" + pid + "/stat");
        const auto name_end = stat.rfind(')');
        if (name_end == std::string::npos) continue;
        std::istringstream rest(stat.substr(name_end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        if (parent == ::getpid()) found.push_back(stat.substr(0, name_end + 1) + " " + state);
    }
    return found;
}

std::vector<std::string> zombies() {
    std::vector<std::string> found = children();
    std::erase_if(found, [](const std::string& child) { return child.back() != 'Z'; });
    return found;
}

std::vector<std::string> descriptors_of(pid_t pid) {
    std::vector<std::string> targets;
    const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
    for (const std::string& fd : entries(directory)) {
        char target[256] = {};
        if (::readlink((directory + "/" + fd).c_str(), target, sizeof target - 1) > 0) {
            targets.push_back(fd + " " + target);
        }
    }
    std::sort(targets.begin(), targets.end());
    return targets;
}

std::string process_name(pid_t pid) {
    std::string name = read_file("/proc/" + std::to_string(pid) + "/comm");
    if (!name.empty()) name.pop_back();
    return name;
}

Folder::Folder() {
    char pattern[] = "/tmp/troika-workers-XXXXXX";
    path_ = ::mkdtemp(pattern);
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

}  // namespace troika::testing
