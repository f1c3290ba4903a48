#include "serving.hpp"

#include <troika/app/detail/builtin_routes.hpp>
#include <troika/app/detail/healthcheck.hpp>
#include <troika/async/event.hpp>
#include <troika/http/server/listen.hpp>

#include <cstdio>
#include <fstream>

using namespace troika;
using namespace app_checks;

namespace {

const std::vector<std::string> kAnyPort{"--server.port", "0", "--processes.processes", "1"};

Task<> add_event(std::vector<std::string>& events, std::string what) {
    events.push_back(std::move(what));
    co_return;
}
Task<> wait_for(Event& event) { co_await event.wait(); }

struct Shelves {
    int shelves = 3;
};
BOOST_DESCRIBE_STRUCT(Shelves, (), (shelves))

}  // namespace

TEST_CASE("a service listens, answers, and ends with 0 when a signal finds nothing under way") {
    App app("shop", kAnyPort);
    detail::add_builtin_routes(app.state());
    app.get("/process", on_process([](const Request&) { return Response::text("worked"); }));
    Serving serving(app);
    detail::HealthcheckResult health;
    std::string metrics;
    std::string worked;
    const int exit_code = serve(app, serving, [&](std::uint16_t port) {
        worked = get(port, "/process");  // from now on there is a worker
        health = detail::check_health("127.0.0.1", port);
        metrics = get(port, "/metrics");
        serving.loop.post([&] { serving.service.on_signal(SIGTERM); });
    });
    CHECK(exit_code == 0);
    CHECK(worked.ends_with("worked"));
    CHECK(health.healthy);
    CHECK(metrics.find("troika_connections{loop=\"0\",state=\"in_request\"} 1") !=
          std::string::npos);
    CHECK(!serving.service.threads_left());
}

TEST_CASE("what a start hook threw ends the service, after undoing what had started") {
    App app("shop", kAnyPort);
    std::vector<std::string> events;
    app.on_stop([&] { return add_event(events, "undone"); });
    app.on_start([]() -> Task<> {
        throw Error("the cellar is locked");
        co_return;
    });
    app.on_stop([&] { return add_event(events, "never started"); });
    load(app);
    Serving serving(app);
    const std::string error = error_of([&] { serving.loop.run(serving.service.serve()); });
    CHECK(error == "the cellar is locked");
    CHECK(events == std::vector<std::string>{"undone"});
}

TEST_CASE("a signal during the start abandons it and ends with 0") {
    App app("shop", kAnyPort);
    std::vector<std::string> events;
    Event never;
    Serving* serving_now = nullptr;
    app.on_stop([&] { return add_event(events, "undone"); });
    app.on_start([&] {
        serving_now->loop.post([&] { serving_now->service.on_signal(SIGINT); });
        return wait_for(never);
    });
    app.on_start([&] { return add_event(events, "too late"); });
    load(app);
    Serving serving(app);
    serving_now = &serving;
    const LogLines log;
    CHECK(serving.loop.run(serving.service.serve()) == 0);
    CHECK(log.has("start abandoned"));
    CHECK(!log.has("listening"));
    CHECK(events == std::vector<std::string>{"undone"});
}

TEST_CASE("a port in use ends the service with an error that names it, stop hooks run") {
    const http::ListeningSocket taken = http::open_listener({.port = 0});
    App app("shop", {"--server.port", std::to_string(taken.port), "--processes.processes", "1"});
    std::vector<std::string> events;
    app.on_stop([&] { return add_event(events, "stopped"); });
    load(app);
    Serving serving(app);
    const std::string error = error_of([&] { serving.loop.run(serving.service.serve()); });
    CHECK(error.find("127.0.0.1:" + std::to_string(taken.port)) != std::string::npos);
    CHECK(events == std::vector<std::string>{"stopped"});
}

TEST_CASE("a reload judges the service's own settings too; those need a restart") {
    const std::string file = "/tmp/troika-reload-own-" + std::to_string(::getpid()) + ".json";
    const auto write = [&](const char* text) { std::ofstream(file) << text; };
    write("{}");
    App app("shop", kAnyPort, {}, file);
    const Shelves& shop = app.settings<Shelves>("shop", {{"shelves", "how many"}});
    load(app);
    Serving serving(app);
    const LogLines log;
    write(R"({"shop": {"shelves": 4}})");
    serving.service.on_signal(SIGHUP);
    CHECK(log.has("changed settings need a restart settings=shop.shelves"));
    CHECK(shop.shelves == 3);
    write(R"({"shop": {"shelfs": 4}})");
    serving.service.on_signal(SIGHUP);
    CHECK(log.has("shop.shelfs: unknown setting; the nearest is shop.shelves"));
    std::remove(file.c_str());
}

TEST_CASE("SIGHUP reloads the log level; wrong settings change nothing") {
    const std::string file = "/tmp/troika-reload-" + std::to_string(::getpid()) + ".json";
    const auto write = [&](const char* text) { std::ofstream(file) << text; };
    write(R"({"log": {"level": "warning"}})");
    App app("shop", kAnyPort, {}, file);
    load(app);
    Serving serving(app);
    const log::Level before = log::level();
    LogLines log;
    write(R"({"log": {"level": "debug"}})");
    serving.service.on_signal(SIGHUP);
    CHECK(log::level() == log::Level::debug);
    CHECK(log.has("reloaded changed=log.level"));
    write(R"({"log": {"level": "loud"}})");
    serving.service.on_signal(SIGHUP);
    CHECK(log::level() == log::Level::debug);
    CHECK(log.has("not reloaded, nothing is changed: the settings are wrong"));
    log::set_level(before);
    std::remove(file.c_str());
}
