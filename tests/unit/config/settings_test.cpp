#include <troika/config/settings.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace troika::config;
using namespace std::chrono_literals;

namespace {

enum class Form { text, json };
BOOST_DESCRIBE_ENUM(Form, text, json)

struct Limits {
    troika::data::ByteSize body = 1 << 20;
    std::chrono::milliseconds head = 10s;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (body, head))

struct Server {
    std::uint16_t port = 8080;
    std::string host = "0.0.0.0";
    Limits limits;
    bool crash = false;
};
BOOST_DESCRIBE_STRUCT(Server, (), (port, host, limits, crash))

struct Store {
    std::filesystem::path folder = "data";
    Secret password;
    Form form = Form::text;
    std::vector<std::string> tags;
    std::vector<int> sizes;
    std::optional<int> processes;
    double ratio = 0.5;
};
BOOST_DESCRIBE_STRUCT(Store, (), (folder, password, form, tags, sizes, processes, ratio))

// A service's settings, with a folder for its files.
struct Service {
    Service() {
        std::string name = "/tmp/troika-config-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        settings.section("server", server,
                         {{"port", "TCP port; 0 takes a free one"},
                          {"host", "address to listen on"},
                          {"limits.body", "largest body"},
                          {"limits.head", "time for the head"},
                          {"crash", "may crash"}});
        settings.section("store", store,
                         {{"folder", "where the data is"},
                          {"password", "of the store"},
                          {"form", "how it is written"},
                          {"tags", "some words"},
                          {"sizes", "some numbers"},
                          {"processes", "how many"},
                          {"ratio", "a ratio"}});
        settings.command("healthcheck", "ask the running service");
    }
    ~Service() { std::filesystem::remove_all(folder); }

    std::string file(const std::string& text) {
        const std::string name = folder + "/probe.json";
        std::ofstream(name) << text;
        return name;
    }
    Outcome load(const std::vector<std::string>& arguments, const Environment& environment = {},
                 const std::string& default_file = "") {
        return settings.load(arguments, environment, default_file);
    }
    std::string complaint(const std::vector<std::string>& arguments,
                          const Environment& environment = {},
                          const std::string& default_file = "") {
        const Outcome outcome = load(arguments, environment, default_file);
        CHECK(outcome.action == Outcome::Action::print);
        CHECK(outcome.exit_code == 2);
        return outcome.text;
    }

    Server server;
    Store store;
    Settings settings{"probe", "1.2.3"};
    std::string folder;
};

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return true;
}

}  // namespace

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
    CHECK(s.server.limits.head == 250ms);
    CHECK(s.store.folder == "data");
}

TEST_CASE("every kind of value is understood from a flag") {
    Service s;
    const Outcome outcome = s.load(
        {"--server.crash", "--store.folder=/var/lib/x", "--store.password=p=1", "--store.form",
         "json", "--store.tags=a,b", "--store.sizes", "[1, 2]", "--store.processes", "4",
         "--store.ratio=-1", "--server.limits.body=64KB", "--server.host", "8080"});
    INFO(outcome.text);
    REQUIRE(outcome.action == Outcome::Action::run);
    CHECK(s.server.crash);
    CHECK(s.store.folder == "/var/lib/x");
    CHECK(s.store.password.reveal() == "p=1");
    CHECK(s.store.form == Form::json);
    CHECK(s.store.tags == std::vector<std::string>{"a", "b"});
    CHECK(s.store.sizes == std::vector<int>{1, 2});
    CHECK(s.store.processes == 4);
    CHECK(s.store.ratio == -1);
    CHECK(s.server.limits.body == 64'000);
    CHECK(s.server.host == "8080");
    CHECK(s.load({"--server.crash", "false", "--store.tags="}).action == Outcome::Action::run);
    CHECK_FALSE(s.server.crash);
    CHECK(s.store.tags.empty());
}

TEST_CASE("everything wrong is reported at once, with its source, path, type and nearest name") {
    Service s;
    const std::string file = s.file(
        "{\"server\": {\n  \"prot\": 80,\n  \"port\": \"x\",\n"
        "  \"limits\": 7},\n \"sever\": {},\n\"store\": {\"form\": \"jsn\"}}");
    const std::string text =
        s.complaint({"--server.hots", "x", "--server.port=70000", "stray", "--config2"},
                    {{"TROIKA_SERVER__PROT", "1"}, {"TROIKA_SERVER__LIMITS__HEAD", "5"}}, file);
    has(text, file + ":2: server.prot: unknown setting; the nearest is server.port\n");
    has(text,
        file + ":3: server.port: expected an integer from 0 to 65535, found the text \"x\"\n");
    has(text, file + ":4: server.limits: expected a section, { ... }\n");
    has(text, file + ":5: sever: unknown setting; the nearest is server\n");
    has(text, file +
                  ":6: store.form: expected one of text, json (nearest: \"json\"), found the text "
                  "\"jsn\"\n");
    has(text, "--server.hots: unknown flag; the nearest is --server.host\n");
    has(text,
        "--server.port: server.port: expected an integer from 0 to 65535, found the number "
        "70000\n");
    has(text, "\"stray\": is no flag; flags begin with --\n");
    has(text, "--config2: unknown flag; the nearest is --config\n");
    has(text, "TROIKA_SERVER__PROT: unknown setting; the nearest is TROIKA_SERVER__PORT\n");
    has(text,
        "TROIKA_SERVER__LIMITS__HEAD: server.limits.head: expected a duration such as 250ms, 30s "
        "or 2m, found the text \"5\"\n");
}

TEST_CASE("load_or_throw carries the problems one by one") {
    Service s;
    try {
        (void)s.settings.load_or_throw({"--server.port", "x", "--y"}, {}, "");
        FAIL("accepted");
    } catch (const ConfigError& error) {
        REQUIRE(error.problems().size() == 2);
        CHECK(error.problems()[1].path == "server.port");
        CHECK(error.problems()[1].source == "--server.port");
    }
}

TEST_CASE("a file that is named must exist, the default one need not") {
    Service s;
    CHECK(s.load({}, {}, s.folder + "/none.json").action == Outcome::Action::run);
    has(s.complaint({"--config", s.folder + "/none.json"}), "none.json: there is no such file\n");
    has(s.complaint({"--config"}), "--config: needs a value\n");
    has(s.complaint({"--config=" + s.folder}), "cannot be read: ");
    has(s.complaint({}, {}, s.file("{\"server\":\n {\"port\": }}")),
        "an error at line 2, column 11");
    has(s.complaint({}, {}, s.file("[]")), "expected sections");
    has(s.complaint({}, {}, s.file("")), "expected JSON");
    has(s.complaint({}, {}, s.file("{\"server\":{\"port\":1,\"port\":2}}")), "each member once");
    has(s.complaint({}, {}, s.file(std::string(1100 * 1024, ' '))), "larger than 1 MB");
}

TEST_CASE("variables without a double underscore belong to somebody else") {
    Service s;
    const Outcome outcome = s.load({}, {{"TROIKA_PROBE_SERVICE_HOST", "10.0.0.1"},
                                        {"TROIKA_SERVER_PORT", "tcp://10.0.0.1:80"}});
    CHECK(outcome.action == Outcome::Action::run);
    CHECK(s.server.port == 8080);
    CHECK(outcome.notes ==
          std::vector<std::string>{
              "TROIKA_SERVER_PORT is ignored; the setting is called TROIKA_SERVER__PORT"});
}

TEST_CASE("a secret may come from a file and is never shown") {
    Service s;
    const std::string file = s.file("hunter2\n");
    CHECK(s.load({}, {{"TROIKA_STORE__PASSWORD_FILE", file}}).action == Outcome::Action::run);
    CHECK(s.store.password.reveal() == "hunter2");
    const Outcome printed = s.load({"--print-config"}, {{"TROIKA_STORE__PASSWORD_FILE", file}});
    CHECK(printed.text.find("hunter2") == std::string::npos);
    has(printed.text, "\"password\": \"***\",  // TROIKA_STORE__PASSWORD_FILE");
    has(s.complaint({}, {{"TROIKA_STORE__PASSWORD_FILE", s.folder + "/none"}}), "cannot read ");
    has(s.complaint({}, {{"TROIKA_STORE__PASSWORD_FILE", file}, {"TROIKA_STORE__PASSWORD", "x"}}),
        "TROIKA_STORE__PASSWORD is set too");
    has(s.complaint({}, {{"TROIKA_STORE__FOLDER_FILE", file}}), "unknown setting");
    const std::string wrong = s.complaint({}, {}, s.file(R"({"store": {"password": 4711}})"));
    has(wrong, "store.password: expected text\n");
    CHECK(wrong.find("4711") == std::string::npos);
}

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

TEST_CASE("checking says valid or what is wrong, a command of the service is passed on") {
    Service s;
    CHECK(s.load({"--check-config"}).text == "the configuration is valid\n");
    has(s.complaint({"--check-config", "--server.port=-1"}), "--server.port");
    const Outcome outcome = s.load({"--healthcheck"});
    CHECK(outcome.action == Outcome::Action::command);
    CHECK(outcome.command == "healthcheck");
    has(s.complaint({"--healthcheck=yes"}), "takes no value");
}

TEST_CASE("a rule of the service is asked last and names the source of the value") {
    Service s;
    s.settings.rule("store.ratio", [&]() -> std::optional<std::string> {
        if (s.store.ratio <= 1) return std::nullopt;
        return "must not exceed 1";
    });
    CHECK(s.load({"--store.ratio=1"}).action == Outcome::Action::run);
    CHECK(s.complaint({"--store.ratio=2"}) == "--store.ratio: store.ratio: must not exceed 1\n");
}
