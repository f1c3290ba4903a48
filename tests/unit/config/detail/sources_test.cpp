#include "../service.hpp"

using namespace troika::config;
using namespace service_under_test;

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
