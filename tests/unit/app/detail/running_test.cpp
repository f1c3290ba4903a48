#include "../support.hpp"

#include <troika/async/event.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/workers/remote_error.hpp>

#include <csignal>

using namespace troika;
using namespace app_checks;

namespace {

const std::vector<std::string> kOneWorker{"--processes.processes", "1"};

Task<> add(std::vector<std::string>& events, std::string what) {
    events.push_back(std::move(what));
    co_return;
}
Task<> wait_for_cancel(Event& never, std::vector<std::string>& events, std::string what) {
    events.push_back(what + " began");
    try {
        co_await never.wait();
    } catch (const Cancelled& cancelled) {
        events.push_back(what + " " + std::string(to_string(cancelled.reason)));
        throw;
    }
}
Response answer(const Request&) { return Response::no_content(); }
Task<> sleep_a(std::chrono::milliseconds time) { co_await sleep_for(time); }
void do_nothing() {}
const auto nothing_job = job<"app.nothing">(do_nothing);
int refuse() { throw Error("no database for this worker"); }

}  // namespace

TEST_CASE("a start hook that throws undoes the hooks before it, in reverse, and start throws it") {
    App app("shop", kOneWorker);
    std::vector<std::string> events;
    app.on_start([&] { return add(events, "start 1"); });
    app.on_stop([&] { return add(events, "stop 1"); });
    app.on_stop([&] { return add(events, "stop 2"); });
    app.on_start([]() -> Task<> {
        throw Error("no power");
        co_return;
    });
    app.on_stop([&] { return add(events, "stop 3"); });
    app.background("never", [&] { return add(events, "background"); });
    const LogLines log;
    InMotion motion(app);
    CHECK(error_of([&] { motion.start(); }) == "no power");
    CHECK(events == std::vector<std::string>{"start 1", "stop 2", "stop 1"});
    CHECK(motion.running.starting_part() == "on_start hook 2");
    CHECK(!log.has("no power"));  // whoever runs the app tells
    motion.stop();
    CHECK(events.size() == 3);
}

TEST_CASE("a stop hook that throws is logged and keeps no other from running") {
    App app("shop", kOneWorker);
    std::vector<std::string> events;
    app.on_stop([&] { return add(events, "stop 1"); });
    app.on_stop([]() -> Task<> {
        throw Error("stuck");
        co_return;
    });
    const LogLines log;
    InMotion motion(app);
    motion.start();
    motion.stop();
    CHECK(events == std::vector<std::string>{"stop 1"});
    CHECK(log.has("stop failed part=on_stop hook 2 error=stuck"));
}

TEST_CASE("a stop hook that overruns is named, whether it could be cut or blocked the loop") {
    App app("shop", {"--processes.processes", "1", "--shutdown.hook_timeout", "10ms"});
    std::vector<std::string> events;
    Event never;
    app.on_stop([&] { return add(events, "in time"); });
    app.on_stop([&]() -> Task<> { return wait_for_cancel(never, events, "hanging"); });
    app.on_stop([]() -> Task<> {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
        while (std::chrono::steady_clock::now() < end) {
        }
        co_return;
    });
    const LogLines log;
    InMotion motion(app);
    motion.start();
    motion.stop();
    CHECK(events == std::vector<std::string>{"hanging began", "hanging deadline", "in time"});
    const std::string overran =
        "a stop hook took longer than shutdown.hook_timeout part=on_stop hook ";
    CHECK(!log.has(overran + "1"));
    CHECK(log.has(overran + "2"));
    CHECK(log.has(overran + "3"));
}

TEST_CASE(
    "background tasks begin after the start hooks, and are cancelled and joined before stop "
    "hooks") {
    App app("shop", kOneWorker);
    std::vector<std::string> events;
    Event never;
    app.on_start([&] { return add(events, "start"); });
    app.on_stop([&] { return add(events, "stop"); });
    app.background("poller", [&] { return wait_for_cancel(never, events, "poller"); });
    InMotion motion(app);
    motion.start();
    motion.loop.poll();
    CHECK(events == std::vector<std::string>{"start", "poller began"});
    motion.stop();
    CHECK(events == std::vector<std::string>{"start", "poller began", "poller shutdown", "stop"});
}

TEST_CASE("a background task that throws is logged by name; the others and the service go on") {
    App app("shop", kOneWorker);
    std::vector<std::string> events;
    Event never;
    app.background("broken", []() -> Task<> {
        throw Error("lost the feed");
        co_return;
    });
    app.background("steady", [&] { return wait_for_cancel(never, events, "steady"); });
    const LogLines log;
    InMotion motion(app);
    motion.start();
    motion.loop.poll();
    CHECK(log.has("a background task failed task=broken error=lost the feed"));
    CHECK(events == std::vector<std::string>{"steady began"});
    motion.stop();
}

TEST_CASE("a background task that throws no std::exception does not disturb the end either") {
    App app("shop", kOneWorker);
    app.background("odd", []() -> Task<> {
        throw 42;
        co_return;
    });
    const LogLines log;
    InMotion motion(app);
    motion.start();
    motion.loop.poll();
    motion.stop();
    CHECK(log.has("background tasks failed"));
}

TEST_CASE("a route that names an unknown pool does not start, and the error lists the known ones") {
    App app("shop", kOneWorker);
    app.thread_pool("slow", {.threads = 1});
    app.get("/report", on_thread(answer), {.pool = "slwo"});
    InMotion motion(app);
    const std::string error = error_of([&] { motion.start(); });
    CHECK(error == "route /report: there is no thread pool named 'slwo'; there are: slow, threads");
}

TEST_CASE("a thread pool's name does not do for a process route") {
    App app("shop", kOneWorker);
    app.thread_pool("slow", {.threads = 1});
    app.get("/report", on_process(answer), {.pool = "slow"});
    InMotion motion(app);
    const std::string error = error_of([&] { motion.start(); });
    CHECK(error.find("there is no process pool named 'slow'; there are: processes") !=
          std::string::npos);
}

TEST_CASE("a worker_start hook for an unknown pool does not start") {
    App app("shop", kOneWorker);
    app.worker_start("cpu", &refuse);
    InMotion motion(app);
    CHECK(error_of([&] { motion.start(); }).find("no process pool named 'cpu'") !=
          std::string::npos);
}

TEST_CASE("readiness says starting, ready, what the service has against it, then stopping") {
    App app("shop", kOneWorker);
    std::optional<std::string> store;
    app.readiness([] { return std::optional<std::string>(); });
    app.readiness([&store] { return store; });
    InMotion motion(app);
    std::string during;
    app.on_start([&]() -> Task<> {
        during = app.state().not_ready().value_or("ready");
        co_return;
    });
    CHECK(motion.running.not_ready() == "starting");
    motion.start();
    CHECK(during == "starting");
    // Once a job has run there is a worker.
    Task<> work = motion.loop.find<workers::ProcessPool>()->run(nothing_job);
    motion.loop.run(std::move(work));
    CHECK(motion.running.not_ready() == std::nullopt);
    store = "the store is gone";
    CHECK(motion.running.not_ready() == "the store is gone");
    motion.running.set_stopping();
    CHECK(motion.running.not_ready() == "stopping");
}

TEST_CASE("the default pools are there for to_thread and to_process while the app is in motion") {
    App app("shop", kOneWorker);
    EventLoop* loop = nullptr;
    {
        InMotion motion(app);
        loop = &motion.loop;
        CHECK(loop->find<workers::ThreadPool>() == nullptr);
        motion.start();
        CHECK(loop->find<workers::ThreadPool>() != nullptr);
        CHECK(loop->find<workers::ProcessPool>() != nullptr);
    }
    CHECK(!app.state().not_ready);
}

TEST_CASE(
    "a worker that died is a 500 problem that names the signal; other errors are not mapped") {
    App app("shop", kOneWorker);
    InMotion motion(app);
    const http::MapError map = motion.running.map_error();
    const auto died = map(WorkerDied({.job = "/digest",
                                      .pid = 42,
                                      .signal = SIGSEGV,
                                      .exit_code = -1,
                                      .reason = "SIGSEGV",
                                      .usage = "none"}));
    REQUIRE(died);
    CHECK(died->status() == Status::internal_server_error);
    CHECK(died->type() == "worker-died");
    CHECK(std::string(died->what()).find("ended by SIGSEGV") != std::string::npos);
    const auto left = map(WorkerDied(
        {.job = "/digest", .pid = 42, .exit_code = 3, .reason = "left", .usage = "none"}));
    REQUIRE(left);
    CHECK(std::string(left->what()).find("left with exit code 3") != std::string::npos);
    CHECK(!map(Error("something else")));
}

TEST_CASE("a signal's hook runs once for signals that come meanwhile, and fails alone") {
    App app("shop", kOneWorker);
    int runs = 0;
    app.on_signal(SIGUSR1, [&]() -> Task<> {
        ++runs;
        co_await sleep_for(std::chrono::milliseconds(1));
        throw Error("no disk");
    });
    const LogLines log;
    InMotion motion(app);
    motion.start();
    for (int i = 0; i < 3; ++i) motion.running.on_signal(SIGUSR1);
    motion.loop.poll();
    CHECK(runs == 1);
    for (int i = 0; i < 3; ++i) motion.running.on_signal(SIGUSR1);
    motion.running.on_signal(SIGHUP);
    motion.loop.run(sleep_a(std::chrono::milliseconds(20)));
    CHECK(runs == 2);
    CHECK(log.has("a background task failed task=on SIGUSR1 error=no disk"));
    motion.stop();
}

TEST_CASE("hooks for signals that end the service are refused, with what to use instead") {
    App app("shop", kOneWorker);
    CHECK_THROWS_WITH(
        app.on_signal(SIGTERM, [] { return sleep_a(std::chrono::milliseconds(0)); }),
        "on_signal: SIGTERM is none of SIGUSR1, SIGUSR2 and SIGHUP. For what has to be done when "
        "SIGTERM or SIGINT comes there are stopping() and on_stop()");
}
