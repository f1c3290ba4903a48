#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"
#include "wrk.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

using namespace troika::testing;

namespace {

struct Outcomes {
    std::atomic<int> served = 0;
    std::atomic<int> reset_at_first = 0;  // connection made, request sent, no answer
    std::atomic<int> reset_later = 0;     // the same, after answers that did not say close
    std::atomic<int> not_ok = 0;
    std::atomic<int> refused = 0;
};

// A well-behaved client: reuses its connection until told to close, then connects anew, until refused.
void keep_asking(std::uint16_t port, bool new_connection_each, Outcomes& outcomes) {
    for (;;) {
        SocketClient client(port);
        if (!client.connected()) {
            ++outcomes.refused;
            return;
        }
        for (bool first = true;; first = false) {
            client.get("/ping", new_connection_each ? "Connection: close\r\n" : "");
            const Reply reply = client.read_reply();
            if (!reply.complete) {
                ++(first ? outcomes.reset_at_first : outcomes.reset_later);
                break;
            }
            reply.status == 200 ? ++outcomes.served : ++outcomes.not_ok;
            if (reply.closes()) break;
        }
    }
}

}  // namespace

TEST_CASE("wrk sees no error while a service turns into a lame duck") {
    ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--shutdown.lame_duck", "3s"}});
    WrkReport report;
    {
        const std::jthread load(
            [&] { report = run_wrk("-t1 -c16 -d1s", service.port(), "/ping"); });
        REQUIRE(eventually([&] { return service.metric("troika_connections_opened_total") > 16; }));
        service.signal(SIGTERM);
        service.wait_output("stopping");
    }
    INFO(report.text);
    CHECK(report.requests > 0);
    CHECK(report.not_ok == 0);
    CHECK(report.connect + report.read + report.write + report.timeout == 0);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("SIGTERM under load resets no connection, neither an accepted nor a waiting one") {
    for (int round = 0; round < 5; ++round) {
        ServiceProcess service = ServiceProcess::listening();
        Outcomes outcomes;
        {
            std::vector<std::jthread> clients;
            for (int i = 0; i < 12; ++i)
                clients.emplace_back([&, i] { keep_asking(service.port(), i >= 4, outcomes); });
            REQUIRE(eventually([&] { return outcomes.served > 500; }));
            service.signal(SIGTERM);
        }
        CHECK(outcomes.reset_at_first == 0);
        CHECK(outcomes.reset_later == 0);
        CHECK(outcomes.not_ok == 0);
        CHECK(outcomes.refused == 12);
        CHECK(service.wait_exit() == 0);
        CHECK(service.left_over() == "");
    }
}
