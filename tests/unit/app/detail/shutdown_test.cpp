#include "serving.hpp"

#include <troika/app/detail/shutdown.hpp>
#include <troika/async/event.hpp>

using namespace troika;
using namespace app_checks;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kShutdownArguments{
    "--server.port", "0", "--processes.processes", "1", "--shutdown.drain_timeout", "20ms"};

Task<Response> answer_when(Event& event) {
    co_await event.wait();
    co_return Response::text("finished");
}

}  // namespace

TEST_CASE("the ladder is as long as its rungs, all stop hooks and half a second") {
    ShutdownSettings settings;
    CHECK(settings.longest(0) == 9s);  // a second at least
    CHECK(settings.longest(1) == 9500ms);
    CHECK(settings.longest(3) == 11500ms);
    settings.lame_duck = 5s;
    settings.drain_timeout = 20s;
    settings.hook_timeout = 100ms;
    CHECK(settings.longest(2) == 27s);
}

TEST_CASE("a report is clean when nothing was cut and every thread returned") {
    CHECK(detail::ShutdownReport{}.clean());
    CHECK(!detail::ShutdownReport{.cut = 1}.clean());
    CHECK(!detail::ShutdownReport{.busy_threads = 1}.clean());
}

TEST_CASE(
    "a request under way when the signal comes is answered, then background tasks end, then "
    "stop hooks run in reverse") {
    App app("shop", {"--server.port", "0", "--processes.processes", "1"});
    std::vector<std::string> events;
    Event stopping;
    Event never;
    Serving* serving_now = nullptr;
    const auto note = [&events](std::string what) -> Task<> {
        events.push_back(std::move(what));
        co_return;
    };
    app.on_stop([&] { return note("first made, last stopped"); });
    app.on_stop([&] { return note("last made, first stopped"); });
    const auto feed = [&]() -> Task<> {
        try {
            co_await never.wait();
        } catch (const Cancelled& cancelled) {
            events.push_back("background " + std::string(to_string(cancelled.reason)));
            throw;
        }
    };
    app.background("feed", [&] { return feed(); });
    app.get("/work", [&](Request&) {
        serving_now->loop.post([&] {
            serving_now->service.on_signal(SIGTERM);
            // Only after the ladder has begun to drain.
            serving_now->loop.post([&] {
                events.push_back("answer");
                stopping.set();
            });
        });
        return answer_when(stopping);
    });
    Serving serving(app);
    serving_now = &serving;
    std::string answer;
    const int exit_code = serve(app, serving, [&](std::uint16_t port) {
        answer = talk(port, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    CHECK(exit_code == 0);
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(answer.ends_with("finished"));
    CHECK(answer.find("onnection: close") != std::string::npos);
    CHECK(events == std::vector<std::string>{"answer", "background shutdown",
                                             "last made, first stopped",
                                             "first made, last stopped"});
}

TEST_CASE("a request that outlasts the drain gets 503, is counted as cut, and the exit code is 1") {
    App app("shop", kShutdownArguments);
    Event never;
    Serving* serving_now = nullptr;
    app.get("/hang", [&](Request&) {
        serving_now->loop.post([&] { serving_now->service.on_signal(SIGTERM); });
        return answer_when(never);
    });
    Serving serving(app);
    serving_now = &serving;
    std::string answer;
    const int exit_code =
        serve(app, serving, [&](std::uint16_t port) { answer = get(port, "/hang"); });
    CHECK(exit_code == 1);
    CHECK(answer.starts_with("HTTP/1.1 503"));
    CHECK(answer.find("the service is stopping") != std::string::npos);
}

TEST_CASE(
    "a half-sent head at the end of the drain gets 503, is counted as cut, and the exit code is "
    "1") {
    App app("shop", kShutdownArguments);
    Serving* serving_now = nullptr;
    app.get("/", [&](Request&) -> Task<Response> {
        serving_now->loop.post([&] { serving_now->service.on_signal(SIGTERM); });
        co_return Response::text("first");
    });
    Serving serving(app);
    serving_now = &serving;
    std::string answer;
    const int exit_code = serve(app, serving, [&](std::uint16_t port) {
        answer = talk(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo");
    });
    CHECK(exit_code == 1);
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(answer.find("HTTP/1.1 503") != std::string::npos);
    CHECK(answer.find("the service is stopping") != std::string::npos);
}

TEST_CASE("a stop hook that hangs is given up at its limit and the next one runs") {
    App app("shop", {"--server.port", "0", "--processes.processes", "1", "--shutdown.hook_timeout",
                     "10ms"});
    Event never;
    bool reached = false;
    const auto reach = [&]() -> Task<> {
        reached = true;
        co_return;
    };
    const auto hang = [&]() -> Task<> { co_await never.wait(); };
    app.on_stop([&] { return reach(); });
    app.on_stop([&] { return hang(); });
    Serving serving(app);
    const int exit_code = serve(app, serving, [&](std::uint16_t) {
        serving.loop.post([&] { serving.service.on_signal(SIGINT); });
    });
    CHECK(exit_code == 0);
    CHECK(reached);
}
