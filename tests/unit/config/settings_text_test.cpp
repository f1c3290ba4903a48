#include "service.hpp"

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

TEST_CASE("help lists every setting with type, default and what it is for") {
    Service s;
    const Outcome outcome = s.load({"--help", "--nonsense"}, {}, "config/probe.json");
    CHECK(outcome.exit_code == 0);
    for (const Setting& setting : s.settings.all()) {
        CHECK_FALSE(setting.help.empty());
        has(outcome.text, "--" + setting.path + " <" + setting.type + ">");
        has(outcome.text, setting.help + " (default: " + setting.default_json + ")");
    }
    has(outcome.text, "--store.form <one of text, json>");
    has(outcome.text, "--store.sizes <list of integer>");
    has(outcome.text, "--healthcheck");
    CHECK(s.load({"--version"}).text == "probe 1.2.3\n");
}
