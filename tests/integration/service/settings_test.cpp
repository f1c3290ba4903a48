#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace troika::testing;
using Catch::Contains;
using Catch::StartsWith;

namespace {

Finished run_with(std::vector<std::string> arguments) {
    return run_to_end({.only_arguments = std::move(arguments)});
}

}  // namespace

TEST_CASE("an unknown key in the file: exit 2 with file, line, path and the nearest key") {
    const TemporaryFolder folder;
    const std::string file =
        folder.write("typo.json", "{\n  \"server\": {\n    \"prot\": 8080\n  }\n}\n");
    const Finished finished = run_with({"--config", file});
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.output, Contains(file + ":3"));
    CHECK_THAT(finished.output, Contains("server.prot") && Contains("server.port"));
}

TEST_CASE(
    "a wrong type in file, environment or flag: exit 2 with place, path and what is expected") {
    const TemporaryFolder folder;
    const std::string file = folder.write("type.json", "{\"server\": {\"port\": \"many\"}}");
    const Finished in_file = run_with({"--config", file});
    CHECK(in_file.exit_code == 2);
    CHECK_THAT(in_file.output, Contains(file + ":1") && Contains("server.port"));
    CHECK_THAT(in_file.output, Contains("65535"));

    const Finished in_environment = run_to_end(
        {.environment = {{"TROIKA_SERVER__PORT", "many"}}, .only_arguments = {"--check-config"}});
    CHECK(in_environment.exit_code == 2);
    CHECK_THAT(in_environment.output, Contains("TROIKA_SERVER__PORT") && Contains("65535"));

    const Finished in_flag = run_with({"--server.port", "70000"});
    CHECK(in_flag.exit_code == 2);
    CHECK_THAT(in_flag.output, Contains("--server.port") && Contains("65535"));
}

TEST_CASE("unknown variables and flags: exit 2 with the nearest name") {
    const Finished variable = run_to_end(
        {.environment = {{"TROIKA_SERVER__PROT", "1"}}, .only_arguments = {"--check-config"}});
    CHECK(variable.exit_code == 2);
    CHECK_THAT(variable.output, Contains("TROIKA_SERVER__PROT") && Contains("TROIKA_SERVER__PORT"));
    const Finished flag = run_with({"--server.prot", "1"});
    CHECK(flag.exit_code == 2);
    CHECK_THAT(flag.output, Contains("--server.prot") && Contains("server.port"));
}

TEST_CASE("an address that is none: exit 2 and what an address looks like") {
    const Finished finished = run_with({"--server.address", "localhost"});
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.output, Contains("localhost") && Contains("127.0.0.1"));
}

TEST_CASE("a configuration file that is not there: exit 2 and its name") {
    const Finished finished = run_with({"--config", "/no/such/file.json"});
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.output, Contains("/no/such/file.json"));
}

TEST_CASE("the flags --check-config, --print-config, --help and --version do that and end with 0") {
    const Finished checked = run_with({"--check-config"});
    CHECK(checked.exit_code == 0);
    const Finished printed = run_with({"--print-config", "--server.port", "81"});
    CHECK(printed.exit_code == 0);
    CHECK_THAT(printed.output, Contains("\"port\": 81") && Contains("drain_timeout"));
    const Finished help = run_with({"--help"});
    CHECK(help.exit_code == 0);
    CHECK_THAT(help.output, Contains("--server.port") && Contains("8080"));
    const Finished version = run_with({"--version"});
    CHECK(version.exit_code == 0);
    CHECK_THAT(version.output, StartsWith("service_fixture "));
}

TEST_CASE("the flag --healthcheck: 0 when ready, 1 when not running, and it says so") {
    ServiceProcess service = ServiceProcess::listening();
    const std::string port = std::to_string(service.port());
    const Finished ready = run_with({"--healthcheck", "--server.port", port});
    CHECK(ready.exit_code == 0);
    CHECK_THAT(ready.output, Contains("ready"));
    service.signal(SIGTERM);
    REQUIRE(service.wait_exit() == 0);
    const Finished gone = run_with({"--healthcheck", "--server.port", port});
    CHECK(gone.exit_code == 1);
    CHECK_THAT(gone.output, Contains("127.0.0.1") && Contains(port) && Contains("refused"));
}

TEST_CASE("the flag --healthcheck is 1 while a service is stopping, with the reason") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--shutdown.lame_duck", "60s"}});
    service.signal(SIGTERM);
    service.wait_output("stopping");
    const Finished asked =
        run_with({"--healthcheck", "--server.port", std::to_string(service.port())});
    CHECK(asked.exit_code == 1);
    CHECK_THAT(asked.output, Contains("503") && Contains("stopping"));
}

TEST_CASE("SIGHUP reloads the log level; settings that are wrong by then change nothing") {
    const TemporaryFolder folder;
    const std::string file = folder.write("reload.json", R"({"log": {"level": "info"}})");
    ServiceProcess service = ServiceProcess::listening({.arguments = {"--config", file}});
    folder.write("reload.json", R"({"log": {"level": "warning"}})");
    service.signal(SIGHUP);
    service.wait_output("reloaded");
    folder.write("reload.json", R"({"log": {"level": "lots"}})");
    service.signal(SIGHUP);
    service.wait_output("not reloaded");
    CHECK_THAT(service.output(), Contains("log.level"));
    CHECK(get(service.port(), "/ping").status == 200);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK_THAT(service.output(), !Contains("\"stopping\""));  // an info line
}
