#include "service.hpp"

using namespace troika::config;
using namespace service_under_test;

TEST_CASE("flags win over the environment, that over the file, that over the defaults") {
    Service s;
    const std::string file = s.file(R"({
        // comments are welcome
        "server": {"port": 1, "host": "file", "limits": {"body": "2MiB"}}})");
    const Outcome outcome = s.load(
        {"--server.port", "3"},
        {{"TROIKA_SERVER__PORT", "2"}, {"TROIKA_SERVER__LIMITS__HEAD", "250ms"}, {"PATH", "/bin"}},
        file);
    CHECK(outcome.action == Outcome::Action::run);
    CHECK(s.server.port == 3);
    CHECK(s.server.host == "file");
    CHECK(s.server.limits.body == 2U << 20);
    CHECK(s.server.limits.head == std::chrono::milliseconds(250));
    CHECK(s.store.folder == "data");
}

TEST_CASE("everything wrong is reported at once, with its source, path, type and nearest name") {
    Service s;
    const std::string file = s.file(
        "{\"server\": {\n  \"prot\": 80,\n  \"port\": \"x\",\n"
        "  \"limits\": 7},\n \"folder\": 1, \"sever\": {},\n\"store\": {\"form\": \"jsn\"}}");
    const std::string text =
        s.complaint({"--server.hots", "x", "--server.port=70000", "stray", "--config2", "--port=1"},
                    {{"TROIKA_SERVER__PROT", "1"}, {"TROIKA_SERVER__LIMITS__HEAD", "5"}}, file);
    const std::size_t second = text.find(file + ":2: server.prot");
    CHECK(second < text.find(file + ":3: server.port"));  // in the order of the file
    has(text, file + ":2: server.prot: unknown setting; the nearest is server.port\n");
    has(text,
        file + ":3: server.port: expected an integer from 0 to 65535, found the text \"x\"\n");
    has(text, file + ":4: server.limits: expected a section, { ... }\n");
    has(text, file + ":5: folder: unknown setting; the nearest is store.folder\n");
    has(text, "--port: unknown flag; the nearest is --server.port\n");
    has(text, file + ":5: sever: unknown setting; the nearest is server\n");
    has(text, file +
                  ":6: store.form: expected one of text, json (nearest: \"json\"), found the text "
                  "\"jsn\"\n");
    has(text, "--server.hots: unknown flag; the nearest is --server.host\n");
    has(text, "--server.port: expected an integer from 0 to 65535, found the number 70000\n");
    has(text, "\"stray\": is no flag; flags begin with --\n");
    has(text, "--config2: unknown flag; the nearest is --config\n");
    has(text, "TROIKA_SERVER__PROT: unknown setting; the nearest is TROIKA_SERVER__PORT\n");
    has(text,
        "TROIKA_SERVER__LIMITS__HEAD: server.limits.head: expected a duration such as "
        "250ms, 30s "
        "or 2m, found the text \"5\"\n");
}

TEST_CASE("a rule of the service is asked last and names the source of the value") {
    Service s;
    s.settings.rule("store.ratio", [&]() -> std::optional<std::string> {
        if (s.store.ratio <= 1) return std::nullopt;
        return "must not exceed 1";
    });
    CHECK(s.load({"--store.ratio=1"}).action == Outcome::Action::run);
    CHECK(s.complaint({"--store.ratio=2"}) == "--store.ratio: must not exceed 1\n");
    const std::string both = s.complaint({"--server.port=many", "--store.ratio=2"});
    has(both, "--server.port: expected an integer");
    has(both, "--store.ratio: must not exceed 1\n");
}

TEST_CASE("a rule is not asked about a value that could not be read") {
    Service s;
    s.settings.rule("store.ratio", []() -> std::optional<std::string> { return "asked"; });
    const std::string text = s.complaint({"--store.ratio=half"});
    has(text, "--store.ratio: expected a number");
    CHECK(text.find("asked") == std::string::npos);
}

TEST_CASE("the path of a wrong item of a list is named below its setting, whatever the source") {
    Service s;
    has(s.complaint({"--store.sizes=1,x"}), "--store.sizes.1: expected an integer");
    has(s.complaint({}, {{"TROIKA_STORE__SIZES", "1,x"}}),
        "TROIKA_STORE__SIZES: store.sizes.1: expected an integer");
    const std::string file = s.file("{\"store\":\n{\"sizes\": [1, \"x\"]}}");
    has(s.complaint({}, {}, file), file + ":2: store.sizes.1: expected an integer");
}

TEST_CASE("a reload takes over what is reloadable and names what else has changed") {
    Service running;
    Service fresh;
    running.settings.reloadable({"server.limits.body", "store.form"});
    CHECK(running.load({"--server.port=1", "--store.password=old"}).action == Outcome::Action::run);
    CHECK(fresh.load({"--server.port=2", "--store.password=new", "--store.form=json"}).action ==
          Outcome::Action::run);
    const Settings::Changes changes = running.settings.take_over(fresh.settings);
    CHECK(changes.taken == std::vector<std::string>{"store.form"});
    CHECK(changes.for_restart == std::vector<std::string>{"server.port", "store.password"});
    CHECK(running.store.form == Form::json);
    CHECK(running.server.port == 1);
    CHECK(running.store.password.reveal() == "old");
    has(running.settings.print(), "\"form\": \"json\",  // --store.form");
    CHECK(running.settings.take_over(fresh.settings).taken.empty());
}

TEST_CASE("borrowed settings have their defaults and values of their own") {
    Service running;
    CHECK(running.load({"--store.tags=a", "--store.password=x"}).action == Outcome::Action::run);
    Settings fresh("probe", "1.2.3");
    fresh.borrow(running.settings);
    CHECK(fresh.load({"--store.form=json"}, {}, "").action == Outcome::Action::run);
    CHECK(running.store.form == Form::text);
    const Settings::Changes changes = running.settings.take_over(fresh);
    CHECK(changes.for_restart ==
          std::vector<std::string>{"store.password", "store.form", "store.tags"});
    has(fresh.load({"--store.foorm=json"}, {}, "").text, "the nearest is --store.form");
}
