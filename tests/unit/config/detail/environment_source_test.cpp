#include "../service.hpp"

using namespace troika::config;
using namespace service_under_test;

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

TEST_CASE("beside problems the notes are told too") {
    Service s;
    const std::string text = s.complaint({"--server.port=x"}, {{"TROIKA_SERVER_PORT", "9"}});
    has(text, "note: TROIKA_SERVER_PORT is ignored; the setting is called TROIKA_SERVER__PORT\n");
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
