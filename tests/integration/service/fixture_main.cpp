#include "fixture_routes.hpp"

#include <troika/app/app.hpp>
#include <troika/app/run.hpp>
#include <troika/async/event.hpp>
#include <troika/observe/log.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

// A service that can be made to misbehave: the variable FIXTURE says how.
namespace fixture {

namespace {

using troika::App;
using troika::Task;

// Says when its hooks run.
class Part final {
  public:
    explicit Part(std::string name) : name_(std::move(name)) {}
    void start() { troika::log::info("started " + name_); }
    void stop() { troika::log::info("stopped " + name_); }

  private:
    std::string name_;
};

// configure() starts it, which it must not: the zygote is forked next.
std::jthread& forbidden_thread() {
    static std::jthread thread;
    return thread;
}

void wait_for_stop(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
}

Task<> start_for_ever() {
    troika::log::info("a start that takes for ever");
    troika::Event nobody_sets;
    co_await nobody_sets.wait();
}

Task<> fail_to_start() {
    throw std::runtime_error("the database is not there");
    co_return;
}

Task<> stop_for_ever() {
    troika::log::info("a stop that takes for ever");
    troika::Event nobody_sets;
    co_await nobody_sets.wait();
}

Task<> say_when_stopping(App& app) {
    co_await app.stopping();
    troika::log::info("told that it stops");
}

Task<> on_user_signal() {
    troika::log::info("a user signal came");
    co_return;
}

troika::Response nothing(const troika::Request&) { return troika::Response(); }

void configure(App& app) {
    const char* const variable = std::getenv("FIXTURE");
    const std::string_view how = variable != nullptr ? variable : "";
    app.make<Part>("first");
    app.make<Part>("second");
    add_routes(app);
    if (how == "hang in configure") {
        std::fputs("configure hangs\n", stderr);
        for (;;) ::pause();
    }
    if (how == "thread in configure") forbidden_thread() = std::jthread(wait_for_stop);
    if (how == "conflict") app.get("/loop/{other}/x", troika::on_loop(nothing));
    if (how == "conflict") app.get("/loop/{another}/x", troika::on_loop(nothing));
    if (how == "unknown pool") app.get("/pooled", troika::on_thread(nothing), {.pool = "databse"});
    if (how == "start takes for ever") app.on_start(start_for_ever);
    if (how == "stop takes for ever") app.on_stop(stop_for_ever);
    if (how == "stop takes for ever") app.on_stop(stop_for_ever);
    if (how == "start fails") app.on_start(fail_to_start);
    if (how == "hooks of signals") {
        app.on_signal(SIGUSR1, on_user_signal);
        app.on_signal(SIGHUP, on_user_signal);
    }
    if (how == "stops itself") {
        app.background("listener", [&app] { return say_when_stopping(app); });
        app.post("/stop", troika::on_thread([&app](const troika::Request&) {
                     app.request_stop();
                     return troika::Response::no_content();
                 }));
    }
    app.make<Part>("third");
}

}  // namespace

}  // namespace fixture

int main(int argc, char** argv) { return troika::run(argc, argv, fixture::configure); }
