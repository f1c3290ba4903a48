#include "json.hpp"

#include <troika/async/sleep.hpp>
#include <troika/base/error.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/http/message/event_stream.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/testing/client.hpp>
#include <troika/testing/clock.hpp>
#include <troika/workers/job_context.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace troika;
using namespace std::chrono_literals;
using testing::TestClient;
using testing::TestResponse;

namespace {

// Counts down, a piece at a time.
struct Countdown final : Stream {
    Task<std::optional<std::string_view>> next() override {
        if (left_ == 0) co_return std::nullopt;
        piece_ = std::to_string(left_--) + " ";
        co_return piece_;
    }
    int left_ = 3;
    std::string piece_;
};

Task<Response> name_method(Request& request) {
    co_return Response::text(std::string(http::to_string(request.method())));
}
Task<Response> count_stream(Request& request) {
    Stream& stream = *request.body().stream();
    std::size_t size = 0;
    for (;;) {
        const std::optional<std::string_view> piece = co_await stream.next();
        if (!piece) break;
        size += piece->size();
    }
    co_return Response::json({{"size", size}});
}
Response middle_of_a_file(Request&) {
    UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file || ::write(file.get(), "0123456789", 10) != 10) throw_errno("make a file");
    return Response::file({std::move(file), 2, 5}, "text/plain");
}
struct Liar final : Stream {
    Task<std::optional<std::string_view>> next() override { co_return std::nullopt; }
    std::optional<std::uint64_t> length() const override { return 5; }
};
int stepped = 0;
Flow<std::string> step_by_step() {
    for (stepped = 0; stepped < 5; ++stepped) {
        co_yield "step";
        co_await sleep_for(20min);
    }
}
Task<Response> steps(Request&) { co_return Response::stream(step_by_step(), "text/plain"); }
int cleaned = 0;
Flow<http::ServerEvent> ticks(std::string after) {
    const ScopeExit cleanup([] { ++cleaned; });
    for (int i = std::stoi(after); i < 1000; ++i) {
        co_await sleep_for(1min);
        co_yield http::ServerEvent(std::to_string(i));
    }
}
Task<Response> events(Request& request) {
    co_return http::events(ticks(std::string(http::last_event_id(request))));
}
Task<Response> sizes(Request& request) {
    std::string text;
    for (;;) {
        const std::optional<std::string_view> piece = co_await request.stream().next();
        if (!piece) break;
        text += std::to_string(piece->size()) + " ";
    }
    co_return Response::text(std::move(text));
}
Task<Response> hour(Request&) {
    co_await sleep_for(1h);
    co_return Response::text("an hour later");
}
Response greet(const Request&) { return Response::text(preloaded<std::string>()); }

void verbs(App& app) {
    app.get("/", name_method);
    app.post("/", name_method);
    app.put("/", name_method);
    app.patch("/", name_method);
    app.del("/", name_method);
    app.get("/countdown", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Countdown>(), "text/plain");
    });
    app.get("/file", on_thread(middle_of_a_file));
    app.post("/stream", on_loop(count_stream), {.stream_body = true});
    app.post("/sizes", on_loop(sizes), {.stream_body = true});
    app.post("/sizes-of-4", on_loop(sizes), {.max_body = 4, .stream_body = true});
    app.get("/events", events);
    app.post("/events", events);
    app.post("/steps", steps);
    app.get("/steps", steps, {.deadline = 70min, .on_client_gone = http::OnClientGone::finish});
    app.get("/liar", [](Request&) -> Task<Response> {
        co_return Response::stream(std::make_unique<Liar>(), "text/plain");
    });
    app.post("/small", name_method, {.max_body = 4});
    app.get("/hour", hour, {.deadline = 2h});
    app.get("/short", hour, {.deadline = 10min});
}

}  // namespace

TEST_CASE("every verb reaches its route") {
    TestClient client(verbs);
    CHECK(client.get("/").text() == "GET");
    CHECK(client.post("/", "x").text() == "POST");
    CHECK(client.put("/", "x").text() == "PUT");
    CHECK(client.del("/").text() == "DELETE");
    CHECK(client.request(Method::patch, "/").text() == "PATCH");
    CHECK(client.request(Method::head, "/").code() == 200);
}

TEST_CASE("unknown paths and methods are answered as the server does") {
    TestClient client(verbs);
    CHECK(client.get("/nowhere").code() == 404);
    CHECK(client.get("/nowhere").json()["status"] == 404);
    const TestResponse refused = client.del("/countdown");
    CHECK(refused.code() == 405);
    CHECK(refused.header("allow").find("GET") != std::string::npos);
    CHECK(refused.header("no-such-field").empty());
}

TEST_CASE("streams and files are read to their end") {
    TestClient client(verbs);
    CHECK(client.get("/countdown").body == "3 2 1 ");
    CHECK(client.get("/file").body == "23456");
}

TEST_CASE("a handler that reads its body as it arrives gets it as a stream") {
    TestClient client(verbs);
    CHECK(client.post("/stream", std::string(100'000, 'x')).json()["size"] == 100'000);
    CHECK(client.post("/stream", "").json()["size"] == 0);
}

TEST_CASE("an answer is read as it comes, and its client may go or the service drain") {
    testing::VirtualClock clock;
    TestClient client(verbs, {}, &clock);
    cleaned = 0;
    {
        testing::TestStream stream = client.open("/events", {{"Last-Event-ID", "7"}});
        CHECK(stream.status() == Status::ok);
        CHECK(stream.headers().get("content-type") == "text/event-stream");
        CHECK(stream.next() == "data: 7\n\n");
        CHECK(stream.next() == "data: 8\n\n");
        CHECK(cleaned == 0);
        stream.close();
        CHECK(cleaned == 1);
        CHECK_FALSE(stream.next());
    }
    testing::TestStream stream = client.open("/events", {{"Last-Event-ID", "1"}});
    CHECK(stream.next() == "data: 1\n\n");
    stream.drain();
    CHECK_FALSE(stream.next());
    CHECK(cleaned == 2);
    testing::TestStream whole = client.open("/file");
    CHECK(whole.next() == "23456");
    CHECK_FALSE(whole.next());
}

TEST_CASE("an answer is what a client of the server would get, not what the handler made") {
    TestClient client(verbs);
    CHECK(client.get("/").header("content-length") == "3");
    CHECK(client.get("/").header("server") == "troika");
    CHECK_FALSE(client.get("/").header("date").empty());
    const TestResponse head = client.request(Method::head, "/");
    CHECK(head.header("content-length") == "4");
    CHECK(head.body.empty());
    CHECK(client.request(Method::head, "/countdown").body.empty());
    CHECK(client.get("/countdown").header("transfer-encoding") == "chunked");
    CHECK_THROWS_WITH(client.get("/liar"), Catch::Contains("fewer bytes"));
    CHECK_THROWS_WITH(client.open("/liar").next(), Catch::Contains("fewer bytes"));
    CHECK(client.get("/a b").code() == 400);
    CHECK(client.get("/", {{"Expect", "a-pony"}}).code() == 417);
    CHECK(client.request(Method::get, "/", {}, "not wanted").code() == 200);
}

TEST_CASE("a client that goes leaves what finishes alone to its end, within its deadline") {
    testing::VirtualClock clock;
    TestClient client(verbs, {}, &clock);
    testing::TestStream finishing = client.open(Method::post, "/steps");
    CHECK(finishing.next() == "step");
    finishing.close();
    CHECK(stepped < 5);  // 20 min a step are more than a handler may take
    testing::TestStream patient = client.open("/steps");
    CHECK(patient.next() == "step");
    patient.close();
    CHECK(stepped == 3);  // of 20 min each
    CHECK_FALSE(patient.next());
    cleaned = 0;
    testing::TestStream endless = client.open(Method::post, "/events", {{"Last-Event-ID", "1"}});
    CHECK(endless.next() == "data: 1\n\n");
    endless.close();
    CHECK(cleaned == 1);
}

TEST_CASE("a streamed body arrives in the pieces that were given") {
    TestClient client(verbs);
    CHECK(client.post_pieces("/sizes", {"a", "bcd", ""}).body == "1 3 ");
    CHECK(client.post_pieces("/small", {"123", "45"}).code() == 413);
    CHECK(client.post_pieces("/sizes-of-4", {"123", "45"}).code() == 413);
    CHECK(client.post_pieces("/sizes-of-4", {"123"}).body == "3 ");
}

TEST_CASE("a body longer than the route or the server allows is 413") {
    TestClient client(verbs, {"--server.max_body", "10"});
    CHECK(client.post("/small", "1234").code() == 200);
    CHECK(client.post("/small", "12345").code() == 413);
    CHECK(client.post("/", "0123456789").code() == 200);
    CHECK(client.post("/", "0123456789x").code() == 413);
}

TEST_CASE("under a virtual clock an hour passes while waiting for the answer, and deadlines hold") {
    testing::VirtualClock clock;
    const auto before = clock.now();
    TestClient client(verbs, {}, &clock);
    CHECK(client.get("/hour").body == "an hour later");
    CHECK(clock.now() >= before + 1h);
    CHECK(client.get("/short").code() == 504);
    CHECK(clock.now() < before + 2h);
}

TEST_CASE("process handlers of a client's app read what it preloaded") {
    TestClient client(
        [](App& app) {
            app.preload<std::string>(std::string("from before the fork"));
            app.get("/", on_process(greet));
        },
        {"--processes.processes", "1"});
    CHECK(client.get("/").body == "from before the fork");
}

TEST_CASE("wrong arguments and a failing start are thrown by the constructor") {
    CHECK_THROWS_WITH(TestClient(verbs, {"--server.port", "many"}), Catch::Contains("server.port"));
    const auto failing = [](App& app) {
        app.on_start([]() -> Task<> {
            throw Error("closed today");
            co_return;
        });
    };
    CHECK_THROWS_WITH(TestClient(failing), "closed today");
}
