#include "wrk.hpp"

#include "pattern.hpp"

#include <array>
#include <cstdio>

namespace troika::testing {

namespace {

// The number that `pattern` captures; 0 where wrk prints no such line because nothing happened.
long number(const std::string& text, const char* pattern) {
    const std::vector<std::string> found = find_pattern(text, pattern);
    return found.empty() ? 0 : std::stol(found[1]);
}

}  // namespace

WrkReport run_wrk(const std::string& options, std::uint16_t port, const std::string& target) {
    const std::string command = "wrk " + options +
                                " --timeout 30s http://127.0.0.1:" + std::to_string(port) + target +
                                " 2>&1";
    WrkReport report;
    std::FILE* const pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return report;
    std::array<char, 4096> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) report.text += piece.data();
    ::pclose(pipe);
    report.requests = number(report.text, "([0-9]+) requests in");
    report.connect = number(report.text, "connect ([0-9]+)");
    report.read = number(report.text, "read ([0-9]+)");
    report.write = number(report.text, "write ([0-9]+)");
    report.timeout = number(report.text, "timeout ([0-9]+)");
    report.not_ok = number(report.text, "Non-2xx or 3xx responses: ([0-9]+)");
    return report;
}

}  // namespace troika::testing
