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
}
