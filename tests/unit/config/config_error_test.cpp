#include "service.hpp"

using namespace troika::config;
using namespace service_under_test;

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

TEST_CASE("control characters of a name are shown, not written") {
    const Problem problem{"a\x1b[2J.json:1", std::string("server.a\0b", 10), "unknown setting"};
    CHECK(problem.sentence() == "a\\x1b[2J.json:1: server.a\\x00b: unknown setting");
}
