#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

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
    CHECK_THAT(run_with({"--help=1"}).output, Contains("--help: takes no value"));
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

TEST_CASE("one form for every source: where, which setting once, what was expected and found") {
    const TemporaryFolder folder;
    const std::string file = folder.write("wrong.json", "{\"server\":\n {\"port\": -1}}");
    CHECK(run_with({"--config", file}).output ==
          file + ":2: server.port: expected an integer from 0 to 65535, found the number -1\n");
    CHECK(run_with({"--server.port", "-1"}).output ==
          "--server.port: expected an integer from 0 to 65535, found the number -1\n");
    const Finished variable = run_to_end(
        {.environment = {{"TROIKA_SERVER__PORT", "-1"}}, .only_arguments = {"--check-config"}});
    CHECK(variable.output ==
          "TROIKA_SERVER__PORT: server.port: expected an integer from 0 to 65535, found the number "
          "-1\n");
    const std::string cut = folder.write("cut.json", "{\"server\":\n {\"port\": }}");
    CHECK_THAT(run_with({"--config", cut}).output, StartsWith(cut + ":2:11: not JSON: "));
    CHECK(run_with({"--server.handler_deadline", "0s"}).output ==
          "--server.handler_deadline: expected 1ms to 1d, found 0s\n");
    CHECK_THAT(run_with({"--server.handler_deadline", "5 parsecs"}).output,
               Contains("expected a duration such as 250ms, 30s or 2m, found the text"));
    CHECK(run_with({"--log.access", "maybe"}).output ==
          "--log.access: expected true or false, found the text \"maybe\"\n");
}

TEST_CASE(
    "the flag --print-config shows what will be used where a setting says that 0 is derived") {
    const std::string printed = run_with({"--print-config"}).output;
    CHECK_THAT(printed, !Contains("\"max_connections\": 0") && !Contains("\"threads\": 0") &&
                            !Contains("\"processes\": 0") &&
                            !Contains("\"max_buffered_bytes\": \"0B\""));
    CHECK_THAT(printed, Contains("// default; derived from 0"));
    ServiceProcess service = ServiceProcess::listening();
    const int threads = static_cast<int>(service.metric("troika_pool_size{pool=\"threads\"}"));
    const int workers = static_cast<int>(service.metric("troika_pool_size{pool=\"processes\"}"));
    CHECK_THAT(printed, Contains("\"threads\": " + std::to_string(threads) + ",") &&
                            Contains("\"processes\": " + std::to_string(workers) + ","));
    CHECK_THAT(run_with({"--print-config", "--threads.threads", "3"}).output,
               Contains("\"threads\": 3,  // --threads.threads\n"));
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
    service.wait_output("not reloaded, nothing is changed");
    CHECK_THAT(service.output(), Contains(file + ":1: log.level: expected one of"));
    CHECK(service.count_output("\"level\":\"error\"") == 1);
    CHECK(get(service.port(), "/ping").status == 200);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK_THAT(service.output(), !Contains("\"stopping\""));  // an info line
}

TEST_CASE("SIGHUP changes limits for what comes next and names what needs a restart") {
    const TemporaryFolder folder;
    const std::string file = folder.write("reload.json", R"({"server": {"max_body": "4B"}})");
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--config", file, "--processes.processes", "1"}});
    CHECK(post(service.port(), "/release", "five!").status == 413);
    folder.write("reload.json", R"({"server": {"max_body": "5B", "backlog": 7},
                                    "threads": {"queue_limit": 3}, "log": {"access": true}})");
    service.signal(SIGHUP);
    service.wait_output("changed settings need a restart");
    CHECK_THAT(service.output(), Contains("\"settings\":\"server.backlog, threads.queue_limit\"") &&
                                     Contains("\"changed\":\"server.max_body, log.access\""));
    CHECK(post(service.port(), "/release", "five!").status == 204);
    service.wait_output("\"target\":\"/release\"");
    folder.write("reload.json", R"({"server": {"handler_deadline": "50ms"}})");
    service.signal(SIGHUP);
    service.wait_output("server.handler_deadline");
    CHECK(get(service.port(), "/loop/for_ever").status == 504);
}

TEST_CASE("SIGHUP replaces the workers one by one; a busy one finishes its job first") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "2"}});
    REQUIRE(
        eventually([&] { return service.metric("troika_worker_ready{pool=\"processes\"}") == 2; }));
    const std::vector<pid_t> before = service.workers();
    SocketClient busy(service.port());
    const std::string gate = service.folder().file("gate");
    busy.get("/process/wait?gate=" + gate);
    REQUIRE(eventually([&] {
        return std::any_of(before.begin(), before.end(), [&](pid_t pid) {
            return !read_file(gate + "." + std::to_string(pid)).empty();
        });
    }));
    service.signal(SIGHUP);
    // Two fresh ones, and the busy old one.
    REQUIRE(eventually([&] {
        return service.metric("troika_worker_birth_seconds_count{pool=\"processes\"}") == 4;
    }));
    CHECK(get(service.port(), "/at/process/request").status == 200);
    service.folder().write("gate");
    CHECK(busy.read_reply().status == 200);
    service.wait_output("all workers are replaced");
    CHECK(eventually([&] { return service.workers().size() == 2; }));
    for (const pid_t pid : service.workers())
        CHECK(std::find(before.begin(), before.end(), pid) == before.end());
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("values that cannot work, alone or together: exit 2, each with what is expected") {
    const auto refusal = [](std::string flag, std::string value) {
        const Finished finished = run_with({"--check-config", flag, value});
        CHECK(finished.exit_code == 2);
        return finished.output;
    };
    CHECK_THAT(refusal("--server.body_rate", "0"), Contains("expected 1B to 1GiB, found 0"));
    CHECK_THAT(refusal("--server.max_buffered_bytes", "1"),
               Contains("at least server.max_body, 1MiB") && Contains("found 1"));
    CHECK_THAT(refusal("--server.max_request_line", "64KiB"),
               Contains("at most server.max_head, 32KiB, found 64KiB"));
    CHECK_THAT(refusal("--server.backlog", "0"), Contains("expected 1 to 1048576, found 0"));
}

TEST_CASE("a health check without a port says where to find it") {
    const Finished finished = run_with({"--healthcheck", "--server.port", "0"});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output, Contains("server.port is 0") && Contains("--server.port"));
}
