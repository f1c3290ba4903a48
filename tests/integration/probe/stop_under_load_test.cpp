#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"
#include "wrk.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <deque>
#include <string>
#include <thread>

using namespace troika::testing;

namespace {

constexpr int kSlow = 50;
constexpr int kJobs = 12;  // for two workers: ten of them queued
constexpr long kWrkConnections = 64;

std::deque<SocketClient> ask(const ServiceProcess& service, int count, const std::string& target) {
    std::deque<SocketClient> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(service.port());
        REQUIRE(clients.back().get(target));
    }
    return clients;
}

int answered_whole(std::deque<SocketClient>& clients) {
    int count = 0;
    for (SocketClient& client : clients) {
        const Reply reply = client.read_reply();
        INFO(reply.status << " " << reply.body);
        CHECK(reply.status == 200);
        const bool whole =
            reply.complete && reply.closes() && client.wait_end() == SocketClient::Ending::end;
        if (reply.status == 200 && whole) ++count;
    }
    return count;
}

}  // namespace

// What counts. Of our own clients: each request. Of wrk: an answer that says Connection: close makes it
// connect anew by itself, until its time is up. While the lame duck still accepts, it has to see no
// error of any kind. Once nobody listens any more it is refused again and again, and counts that as
// write errors (its connect does not block, so the refusal meets the first write) or connect errors;
// whatever else could go wrong is a read error, a connection that ended without a whole answer to what
// was sent on it, and of these there may be none. That the backlog is not reset either is shown by
// clients that can tell, in tests/integration/service/load_test.cpp.
TEST_CASE("SIGTERM under wrk with slow requests and queued jobs: every request is answered, exit 0",
          "[slow]") {
    const bool listens_on = GENERATE(false, true);
    const std::string lame_duck = listens_on ? "6s" : "0s";
    ServiceProcess service = ServiceProcess::listening(
        {.arguments = {"--processes.processes", "2", "--processes.queue_wait", "60s",
                       "--shutdown.lame_duck", lame_duck, "--shutdown.drain_timeout", "60s"},
         .binary = PROBE_BINARY});
    WrkReport report;
    {
        const std::jthread load([&] {
            report = run_wrk("-t2 -c" + std::to_string(kWrkConnections) + " -d3s", service.port(),
                             "/plaintext");
        });
        REQUIRE(eventually(
            [&] { return service.metric("troika_connections_opened_total") > kWrkConnections; }));
        std::deque<SocketClient> jobs = ask(service, kJobs, "/burn/300");
        std::deque<SocketClient> slow = ask(service, kSlow, "/delay/2");
        service.wait_in_flight(kSlow);
        REQUIRE(service.metric("troika_pool_queue_depth{pool=\"processes\"}") > 0);
        service.signal(SIGTERM);
        service.wait_output("stopping");
        CHECK(answered_whole(slow) == kSlow);
        CHECK(answered_whole(jobs) == kJobs);
    }
    CHECK(service.wait_exit() == 0);
    INFO(report.text);
    CHECK(report.requests > 0);
    CHECK(report.not_ok == 0);
    CHECK(report.read == 0);
    CHECK(report.timeout == 0);
    if (listens_on) CHECK(report.connect + report.write == 0);
    CHECK(service.count_output("cut a request") == 0);
    CHECK(service.left_over() == "");
}
