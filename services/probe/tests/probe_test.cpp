#include "json.hpp"

#include <probe/probe.hpp>

#include <troika/testing/client.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using Catch::Contains;
using Catch::StartsWith;
using troika::testing::TestClient;
using troika::testing::TestResponse;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    TestClient client{probe::configure, {"--log.level", "critical", "--processes.processes", "1"}};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the overview lists every route") {
    const std::string text = client.get("/").text();
    for (const char* const route :
         {"/empty", "/plaintext", "/json", "/echo", "/delay/{seconds}", "/block/{milliseconds}",
          "/burn/{milliseconds}", "/bytes/{count}", "/consume", "/events/{milliseconds}",
          "/lines/{count}", "/throw", "/crash/{signal}"})
        CHECK_THAT(text, Contains(route));
}

TEST_CASE_METHOD(Fixture, "the well-known pair is as it is known") {
    const TestResponse plaintext = client.get("/plaintext");
    CHECK(plaintext.code() == 200);
    CHECK(plaintext.text() == "Hello, World!");
    CHECK_THAT(plaintext.header("Content-Type"), StartsWith("text/plain"));
    const TestResponse json = client.get("/json");
    CHECK(json.text() == R"({"message":"Hello, World!"})");
    CHECK(json.header("Content-Type") == "application/json");
}

TEST_CASE_METHOD(Fixture, "consume counts what arrives, in whatever pieces") {
    CHECK(client.post_pieces("/consume", {"abc", "", "de"}).text() == "5\n");
}

TEST_CASE_METHOD(Fixture, "lines are JSON, one a line") {
    CHECK(client.get("/lines/2").text() == "{\"message\":\"1\"}\n{\"message\":\"2\"}\n");
}

TEST_CASE_METHOD(Fixture, "events go on behind the last one a client has seen") {
    troika::testing::TestStream stream = client.open("/events/1", {{"Last-Event-ID", "41"}});
    CHECK(stream.next() == "id: 42\ndata: tick 42\n\n");
    CHECK(stream.next() == "id: 43\ndata: tick 43\n\n");
    stream.close();
}

TEST_CASE_METHOD(Fixture, "empty is a 204 without a body") {
    const TestResponse response = client.get("/empty");
    CHECK(response.code() == 204);
    CHECK(response.text().empty());
}

TEST_CASE_METHOD(Fixture, "echo gives body and content type back") {
    const std::string body("a\0b\xff\r\n", 6);
    const TestResponse response = client.post("/echo", body, {{"Content-Type", "x/y; z=1"}});
    CHECK(response.code() == 200);
    CHECK(response.text() == body);
    CHECK(response.header("Content-Type") == "x/y; z=1");
}

TEST_CASE_METHOD(Fixture, "echo of nothing is nothing, as bytes") {
    const TestResponse response = client.post("/echo", "");
    CHECK(response.code() == 200);
    CHECK(response.text().empty());
    CHECK(response.header("Content-Type") == "application/octet-stream");
}

TEST_CASE_METHOD(Fixture, "echo takes 64 MiB and not a byte more", "[slow]") {
    std::string body(std::size_t{64} << 20, 'e');
    const TestResponse response = client.post("/echo", body);
    CHECK(response.code() == 200);
    CHECK((response.text() == body));
    body += 'x';
    CHECK(client.post("/echo", body).code() == 413);
}

TEST_CASE("delay suspends for as long as asked") {
    troika::testing::VirtualClock clock;
    TestClient client(probe::configure, {"--log.level", "critical"}, &clock);
    const auto began = clock.now();
    CHECK(client.get("/delay/59.5").code() == 200);
    CHECK(clock.now() - began >= 59500ms);
    CHECK(clock.now() - began <= 59600ms);
    CHECK(client.get("/delay/0").code() == 200);
}

TEST_CASE_METHOD(Fixture, "block answers from a thread, burn from a worker") {
    CHECK(client.get("/block/1").text() == "blocked a thread for 1 ms\n");
    CHECK_THAT(client.get("/burn/1").text(), StartsWith("burned 1 ms of processor time"));
}

TEST_CASE_METHOD(Fixture, "bytes come in the number asked for") {
    CHECK(client.get("/bytes/0").text().empty());
    const TestResponse response = client.get("/bytes/1000001");
    CHECK(response.code() == 200);
    CHECK(response.text().size() == 1'000'001);
    CHECK(response.text().substr(1'000'000 - 16, 17) == "0123456789abcdef0");
    CHECK(response.header("Content-Type") == "application/octet-stream");
}

TEST_CASE_METHOD(Fixture, "a value above its limit is a 400 that names the limit") {
    using Row = std::pair<const char*, const char*>;
    const auto [target, limit] = GENERATE(
        Row{"/delay/60.5", "60"}, Row{"/block/60001", "60000"}, Row{"/burn/60001", "60000"},
        Row{"/bytes/1073741825", "1073741824"}, Row{"/block/x", "60000"});
    const TestResponse response = client.get(target);
    CHECK(response.code() == 400);
    CHECK(response.header("Content-Type") == "application/problem+json");
    CHECK_THAT(response.json()["detail"].get<std::string>(), Contains(limit));
}

TEST_CASE_METHOD(Fixture, "a job that throws is a 500 that keeps its text to itself") {
    const TestResponse response = client.get("/throw");
    CHECK(response.code() == 500);
    CHECK(response.text().find("as asked") == std::string::npos);
    CHECK(client.get("/burn/1").code() == 200);
}

TEST_CASE_METHOD(Fixture, "crash is not there unless it is allowed") {
    CHECK(client.get("/crash/SIGKILL").code() == 404);
}

TEST_CASE("an allowed crash ends one request and the next is served") {
    TestClient client(probe::configure, {"--log.level", "critical", "--processes.processes", "1",
                                         "--probe.allow_crash", "true"});
    const TestResponse response = client.get("/crash/kill");
    CHECK(response.code() == 500);
    CHECK_THAT(response.text(), Contains("worker-died") && Contains("SIGKILL"));
    CHECK(client.get("/burn/1").code() == 200);
    CHECK(client.get("/crash/SIGNONE").code() == 400);
    CHECK(client.get("/crash/SIGTERM").code() == 200);
}

TEST_CASE("a signal that would stop a worker or leave it as it is is a 400 that says so") {
    TestClient client(probe::configure, {"--log.level", "critical", "--processes.processes", "1",
                                         "--probe.allow_crash", "true"});
    using Row = std::pair<const char*, const char*>;
    const auto [target, reason] = GENERATE(
        Row{"/crash/SIGSTOP", "SIGSTOP stops a process"}, Row{"/crash/19", "SIGSTOP"},
        Row{"/crash/tstp", "SIGTSTP stops"}, Row{"/crash/SIGTTIN", "SIGTTIN stops"},
        Row{"/crash/SIGTTOU", "SIGTTOU stops"}, Row{"/crash/SIGCONT", "continues"},
        Row{"/crash/SIGCHLD", "ignored"}, Row{"/crash/SIGURG", "ignored"},
        Row{"/crash/SIGWINCH", "ignored"}, Row{"/crash/SIGINT", "ignored by workers"},
        Row{"/crash/hup", "ignored by workers"}, Row{"/crash/SIGUSR1", "ignored by workers"},
        Row{"/crash/12", "ignored by workers"});
    const TestResponse response = client.get(target);
    CHECK(response.code() == 400);
    CHECK_THAT(response.json()["detail"].get<std::string>(), Contains(reason));
    CHECK(client.get("/burn/1").code() == 200);
}
