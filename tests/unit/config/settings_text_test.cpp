#include "service.hpp"

#include <sstream>

using namespace troika::config;
using namespace service_under_test;

TEST_CASE("the printed configuration is a file that gives the same configuration") {
    Service s;
    const Outcome printed = s.load({"--print-config", "--server.port=9", "--store.tags=x,y"},
                                   {{"TROIKA_SERVER__HOST", "::1"}});
    CHECK(printed.action == Outcome::Action::print);
    CHECK(printed.exit_code == 0);
    has(printed.text,
        "  \"server\": {\n    \"port\": 9,  // --server.port\n"
        "    \"host\": \"::1\",  // TROIKA_SERVER__HOST\n    \"limits\": {\n"
        "      \"body\": \"1MiB\",  // default\n      \"head\": \"10s\"  // default\n"
        "    },\n");
    Service again;
    const Outcome outcome = again.load({"--config", again.file(printed.text)});
    INFO(outcome.text);
    CHECK(outcome.action == Outcome::Action::run);
    CHECK(again.server.port == 9);
    CHECK(again.store.tags == std::vector<std::string>{"x", "y"});
    CHECK_FALSE(again.store.processes);
}

namespace {

std::size_t longest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
}

// Explanations that go on in the next line, as one.
std::string joined(const std::string& text) {
    const std::string indent(46, ' ');
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        const bool goes_on = line.starts_with(indent);
        out.append(goes_on ? " " : "\n").append(line, goes_on ? indent.size() : 0);
    }
    return out;
}

}  // namespace

TEST_CASE("a value that is left to us is printed as what it stands for") {
    Service s;
    s.settings.derived("store.processes", [&]() -> std::optional<std::string> {
        if (s.store.processes) return std::nullopt;
        return "12";
    });
    const std::string left_to_us = s.load({"--print-config"}).text;
    has(left_to_us, "\"processes\": 12,  // default; derived from null\n");
    has(s.load({"--print-config", "--store.processes=3"}).text,
        "\"processes\": 3,  // --store.processes\n");
}

TEST_CASE("help marks what is read again at SIGHUP and tells of repeated flags") {
    Service s;
    CHECK(s.load({"--help"}).text.find("SIGHUP") == std::string::npos);
    s.settings.reloadable({"store.ratio"});
    const std::string text = s.load({"--help"}).text;
    has(text, "a ratio (default: 0.5) [SIGHUP]\n");
    has(text, "Those marked [SIGHUP] are read again");
    has(text, "given twice with different values is an error");
}

TEST_CASE("help lists every setting with type, default and what it is for") {
    Service s;
    const Outcome outcome = s.load({"--help", "--nonsense"}, {}, "config/probe.json");
    CHECK(outcome.exit_code == 0);
    const std::string unwrapped = joined(outcome.text);
    CHECK(longest_line(outcome.text) <= 100);
    for (const Setting& setting : s.settings.all()) {
        CHECK_FALSE(setting.help.empty());
        has(outcome.text, "--" + setting.path + " <" + setting.type + ">");
        const std::string shown = setting.path == "store.folder"         ? "data"
                                  : setting.path == "server.host"        ? "0.0.0.0"
                                  : setting.path == "server.limits.body" ? "1MiB"
                                  : setting.path == "server.limits.head" ? "10s"
                                  : setting.path == "store.form"         ? "text"
                                                                         : setting.default_json;
        has(unwrapped, setting.help + " (default: " + shown + ")");
    }
    has(outcome.text, "--store.form <one of text, json>");
    has(outcome.text, "--store.sizes <list of integer>");
    has(outcome.text, "--healthcheck");
    CHECK(s.load({"--version"}).text == "probe 1.2.3\n");
}
