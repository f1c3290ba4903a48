#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <archive/sqlite/connection.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <string>

// A transaction of a real database that spans many awaits, fed by a client that sends line by line.

using namespace troika::testing;
using namespace std::chrono_literals;

namespace {

constexpr int kLines = 50;

struct Fixture {
    TemporaryFolder folder;
    ServiceProcess service = start();

    ServiceProcess start() const {
        return ServiceProcess::listening(
            {.environment = {{"FIXTURE_FOLDER", folder.path()}}, .binary = "techniques_fixture"});
    }
    // What another program sees in the database.
    std::int64_t stored() const {
        archive::sqlite::Connection database(folder.path() / "ledger.db", 5s);
        return database.integer("SELECT count(*) FROM entries");
    }
    bool becomes(const std::string& metric, double value) const {
        return eventually([&] { return service.metric(metric) == value; });
    }
};

bool begin_lines(SocketClient& client) {
    return client.send("POST /lines HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}
bool send_line(SocketClient& client, const std::string& line) {
    const std::size_t size = line.size() + 1;
    return client.send(std::string(1, "0123456789abcdef"[size]) + "\r\n" + line + "\n\r\n");
}

}  // namespace

TEST_CASE_METHOD(Fixture, "lines of a client that sends them all are committed together") {
    SocketClient client(service.port());
    REQUIRE(begin_lines(client));
    for (int i = 0; i < kLines; ++i) REQUIRE(send_line(client, "line"));
    REQUIRE(becomes("ledger_added_total", kLines));
    CHECK(stored() == 0);  // not before the end
    REQUIRE(client.send("0\r\n\r\n"));
    const Reply reply = client.read_reply();
    CHECK(reply.status == 200);
    CHECK(reply.body == "50 lines");
    CHECK(stored() == kLines);
    CHECK(service.metric("ledger_rollbacks_total") == 0);
}

TEST_CASE_METHOD(Fixture,
                 "a client killed in the middle: rolled back, and the next one is served") {
    for (int round = 1; round <= 3; ++round) {
        SocketClient client(service.port());
        REQUIRE(begin_lines(client));
        for (int i = 0; i < kLines; ++i) REQUIRE(send_line(client, "line"));
        REQUIRE(becomes("ledger_added_total", kLines * round));
        client.close();
        REQUIRE(becomes("ledger_rollbacks_total", round));
        CHECK(stored() == 0);
    }
    CHECK(service.metric("ledger_commits_total") == 0);
    SocketClient next(service.port());
    REQUIRE(begin_lines(next));
    REQUIRE(send_line(next, "line"));
    REQUIRE(next.send("0\r\n\r\n"));
    CHECK(next.read_reply().status == 200);
    CHECK(stored() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "a client that goes away while another's transaction is open is no commit") {
    SocketClient holds(service.port());
    REQUIRE(begin_lines(holds));
    REQUIRE(send_line(holds, "line"));
    REQUIRE(becomes("ledger_added_total", 1));
    SocketClient waits(service.port());  // in enter(), for the other's end
    REQUIRE(begin_lines(waits));
    REQUIRE(send_line(waits, "never"));
    service.wait_in_flight(2);
    waits.close();
    REQUIRE(becomes("ledger_rollbacks_total", 1));
    REQUIRE(holds.send("0\r\n\r\n"));
    CHECK(holds.read_reply().status == 200);
    CHECK(stored() == 1);
}

TEST_CASE_METHOD(Fixture, "a handler that throws in the middle has stored nothing") {
    SocketClient client(service.port());
    REQUIRE(begin_lines(client));
    for (int i = 0; i < kLines; ++i) REQUIRE(send_line(client, "line"));
    REQUIRE(send_line(client, "bad"));
    REQUIRE(client.send("0\r\n\r\n"));
    CHECK(client.read_reply().status == 422);
    CHECK(becomes("ledger_rollbacks_total", 1));
    CHECK(stored() == 0);
}
