#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

using namespace troika::testing;
using Catch::Contains;

namespace {

// The pid of whoever waits at the gate (it leaves a file with its pid); fails when nobody does.
pid_t waiting_at(const ServiceProcess& service, const std::string& gate) {
    pid_t found = 0;
    const bool there = eventually([&] {
        for (const auto& entry : std::filesystem::directory_iterator(service.folder().path())) {
            const std::string name = entry.path().filename();
            if (!name.starts_with(gate + ".") || name.ends_with(".new")) continue;
            found = std::stoi(name.substr(gate.size() + 1));
        }
        return found != 0;
    });
    REQUIRE(there);
    return found;
}

}  // namespace

TEST_CASE("kill -9 of the server leaves no process behind") {
    ServiceProcess service = ServiceProcess::listening();
    SocketClient busy(service.port());
    busy.get("/process/wait?gate=" + service.folder().file("never"));
    waiting_at(service, "never");
    REQUIRE(service.left().size() >= 4);  // server, zygote, standby, worker
    service.signal(SIGKILL);
    CHECK(service.wait_exit() == 128 + SIGKILL);
    CHECK(eventually([&] { return !service.any_alive(); }));
}

TEST_CASE("kill -9 of a worker: its request gets 500 worker-died, the next one is served") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "1"}});
    const std::string gate = service.folder().file("gate");
    SocketClient victim(service.port());
    victim.get("/process/wait?gate=" + gate, "X-Request-Id: the-victim\r\n");
    const pid_t worker = waiting_at(service, "gate");
    SocketClient next(service.port());
    next.get("/process/wait?gate=" + gate);
    SocketClient other(service.port());
    other.get("/loop/wait?gate=" + gate);
    service.wait_in_flight(3);
    ::kill(worker, SIGKILL);

    const Reply died = victim.read_reply();
    CHECK(died.status == 500);
    CHECK(died.header("content-type") == "application/problem+json");
    CHECK_THAT(died.body, Contains("urn:problem:worker-died") && Contains("SIGKILL") &&
                              Contains("the-victim"));
    CHECK_FALSE(died.header("retry-after"));
    service.folder().write("gate");
    CHECK(next.read_reply().status == 200);
    CHECK(other.read_reply().status == 200);
    CHECK(victim.get("/ping"));
    CHECK(victim.read_reply().status == 200);
    CHECK(service.zombies().empty());
    service.wait_output("died: SIGKILL");
    CHECK(service.count_output("died: SIGKILL") == 1);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("the deaths of an idle worker, of the zygote and of the standby are in the log") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "1"}});
    const auto ready = [&] { return get(service.port(), "/readyz").status == 200; };
    REQUIRE(eventually(ready));
    const std::vector<pid_t> workers = service.workers();
    REQUIRE(workers.size() == 1);
    ::kill(workers.front(), SIGKILL);
    service.wait_output("a worker died outside a job");
    CHECK(service.count_output("a worker died outside a job") == 1);
    REQUIRE(eventually(ready));  // until it has a name of its own the next worker has the zygote's
    const std::vector<pid_t> standbys = service.named("troika-standby");
    REQUIRE(standbys.size() == 1);
    ::kill(standbys.front(), SIGKILL);
    service.wait_output("the standby of the zygote died");
    REQUIRE(eventually([&] { return service.named("troika-standby").size() == 1; }));
    for (const pid_t zygote : service.named("troika-zygote")) ::kill(zygote, SIGKILL);
    service.wait_output("the standby took over from a dead zygote");
    CHECK(service.count_output("no zygote is left") == 0);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK(service.count_output("a worker died outside a job") == 1);
}

TEST_CASE("without zygote, standby and workers a service says that only a restart helps") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "1"}});
    const auto status = [&](const std::string& path) { return get(service.port(), path).status; };
    REQUIRE(eventually([&] { return status("/readyz") == 200; }));
    for (const pid_t zygote : service.named("troika-zygote")) ::kill(zygote, SIGSTOP);
    for (const pid_t standby : service.named("troika-standby")) ::kill(standby, SIGKILL);
    for (const pid_t zygote : service.named("troika-zygote")) ::kill(zygote, SIGKILL);
    service.wait_output("no zygote is left");
    CHECK(status("/readyz") == 503);
    CHECK(status("/livez") == 200);  // its worker serves on
    for (const pid_t worker : service.workers()) ::kill(worker, SIGKILL);
    CHECK(eventually([&] { return status("/livez") == 503; }));
    CHECK_THAT(get(service.port(), "/livez").body, Contains("no worker left"));
    const Reply refused = get(service.port(), "/process/descriptors");
    CHECK(refused.status == 503);
    CHECK_THAT(refused.body, Contains("urn:problem:no-worker"));
    CHECK(status("/ping") == 200);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
}

TEST_CASE("after thirty kills the service answers again, and no zombie is left") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "16"}});
    service.folder().write("open");
    const std::string target = "/process/wait?gate=" + service.folder().file("open");
    int kills = 0;
    const bool killed = eventually([&] {
        for (const pid_t worker : service.workers())
            if (kills < 30 && ::kill(worker, SIGKILL) == 0) ++kills;
        return kills == 30;
    });
    REQUIRE(killed);
    CHECK(eventually([&] { return get(service.port(), target).status == 200; }));
    CHECK(eventually([&] { return service.workers().size() == 16; }));
    CHECK(eventually([&] { return service.zombies().empty(); }));
    CHECK(eventually([&] { return get(service.port(), "/readyz").status == 200; }));
}

TEST_CASE("without its zygote a service finishes its jobs and still replaces a worker") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "1"}});
    const std::string gate = service.folder().file("gate");
    SocketClient running(service.port());
    running.get("/process/wait?gate=" + gate);
    const pid_t worker = waiting_at(service, "gate");
    const std::vector<pid_t> zygotes = service.named("troika-zygote");
    REQUIRE(zygotes.size() == 1);
    const std::vector<pid_t> standbys = service.named("troika-standby");
    REQUIRE(standbys.size() == 1);
    ::kill(zygotes.front(), SIGKILL);
    REQUIRE(eventually([&] {
        const auto next = service.named("troika-standby");
        return next.size() == 1 && next.front() != standbys.front();
    }));
    service.folder().write("gate");
    CHECK(running.read_reply().status == 200);

    ::kill(worker, SIGKILL);
    CHECK(eventually(
        [&] { return get(service.port(), "/process/wait?gate=" + gate).status == 200; }));
    const std::vector<pid_t> workers = service.workers();
    REQUIRE(workers.size() == 1);
    CHECK(workers.front() != worker);
    CHECK(eventually([&] { return service.zombies().empty(); }));
}

TEST_CASE("a job that loops for ever ends at its deadline with 504") {
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--processes.processes", "1", "--processes.stop_grace", "100ms"}});
    const std::string gate = service.folder().file("never");
    const Reply reply = get(service.port(), "/process/for_ever?gate=" + gate);
    CHECK(reply.status == 504);
    CHECK(reply.header("content-type") == "application/problem+json");
    const pid_t worker = waiting_at(service, "never");
    CHECK(eventually([&] {
        const auto workers = service.workers();
        return workers.size() == 1 && workers.front() != worker;
    }));
    service.folder().write("open");
    const std::string open = service.folder().file("open");
    CHECK(get(service.port(), "/process/wait?gate=" + open).status == 200);
}

TEST_CASE("a worker that crashes while the service drains costs only its own request") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--processes.processes", "1"}});
    const std::string gate = service.folder().file("gate");
    SocketClient victim(service.port());
    victim.get("/process/wait?gate=" + gate);
    const pid_t worker = waiting_at(service, "gate");
    SocketClient queued(service.port());
    queued.get("/process/wait?gate=" + gate);
    service.wait_in_flight(2);
    service.signal(SIGTERM);
    service.wait_output("stopping");
    ::kill(worker, SIGSEGV);
    CHECK_THAT(victim.read_reply().body, Contains("SIGSEGV"));
    service.folder().write("gate");
    CHECK(queued.read_reply().status == 200);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}
