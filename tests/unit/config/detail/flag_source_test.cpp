#include "../service.hpp"

using namespace troika::config;
using namespace service_under_test;

TEST_CASE("checking says valid or what is wrong, a command of the service is passed on") {
    Service s;
    CHECK(s.load({"--check-config"}).text == "the configuration is valid\n");
    has(s.complaint({"--check-config", "--server.port=-1"}), "--server.port");
    const Outcome outcome = s.load({"--healthcheck"});
    CHECK(outcome.action == Outcome::Action::command);
    CHECK(outcome.command == "healthcheck");
    has(s.complaint({"--healthcheck=yes"}), "takes no value");
    for (const char* flag : {"--help=1", "--version=", "--check-config=no"})
        has(s.complaint({flag}), "takes no value");
    has(s.complaint({"--check-config", "--print-config"}), "does not go with --check-config");
    CHECK(s.load({"--check-config", "--print-config", "--help"}).exit_code == 0);
}

TEST_CASE("a flag given twice must say the same; a secret is not repeated in the complaint") {
    Service s;
    CHECK(s.load({"--server.port=1", "--server.port", "1"}).action == Outcome::Action::run);
    has(s.complaint({"--server.port=1", "--server.port=2"}),
        "--server.port: is given twice, as \"1\" and as \"2\"\n");
    has(s.complaint({"--server.crash", "--server.crash", "false"}), "is given twice");
    has(s.complaint({"--config", "a", "--config", "b"}), "--config: is given twice");
    const std::string secret = s.complaint({"--store.password=p1", "--store.password=p2"});
    has(secret, "--store.password: is given twice, with different values\n");
    CHECK(secret.find("p1") == std::string::npos);
}

TEST_CASE("what is behind a flag is its value, for a true-or-false one too") {
    Service s;
    CHECK(s.complaint({"--server.crash", "maybe"}) ==
          "--server.crash: expected true or false, found the text \"maybe\"\n");
    CHECK(s.load({"--store.ratio", "-1"}).action == Outcome::Action::run);
    CHECK(s.load({"--server.crash", "-h"}).exit_code == 0);
    CHECK(s.complaint({"--config="}) == "--config: needs a value\n");
    CHECK(s.complaint({"--server.port="}) ==
          "--server.port: expected an integer from 0 to 65535, found the text \"\"\n");
}
