#include "detail/serving.hpp"

#include <troika/async/sleep.hpp>

#include <csignal>

// Defect g of tests/unit/async/published_defects_test.cpp: the handler of a signal calls shutdown(),
// the `finally` around the server calls it too, and a second signal once more.

using namespace troika;
using namespace app_checks;
using namespace std::chrono_literals;

namespace {

// As it is published: whoever wants the end does all of it.
int releases_as_published() {
    EventLoop loop;
    int released = 0;
    const auto shut_down = [&]() -> Task<> {
        co_await sleep_for(0s);
        ++released;
    };
    const auto serve = [&](TaskGroup& signals) -> Task<> {
        signals.spawn("SIGTERM", shut_down());
        signals.spawn("SIGINT", shut_down());
        co_await sleep_for(0s);
        co_await shut_down();  // finally
    };
    loop.run(with_task_group("signals", serve));
    return released;
}

void count_releases(App& app, int& released) {
    app.on_stop([&]() -> Task<> {
        co_await sleep_for(0s);
        ++released;
    });
}

int releases_at_two_signals() {
    App app("shop", {"--server.port", "0", "--processes.processes", "1"});
    int released = 0;
    count_releases(app, released);
    Serving serving(app);
    serve(app, serving, [&](std::uint16_t) {
        serving.loop.post([&] {
            serving.service.on_signal(SIGTERM);
            serving.service.on_signal(SIGINT);
        });
    });
    return released;
}

int releases_at_two_stops() {
    App app("shop", {"--processes.processes", "1"});
    int released = 0;
    count_releases(app, released);
    InMotion motion(app);
    motion.start();
    const auto stop_twice = [&]() -> Task<> {
        using Pending = detail::Running::Pending;
        co_await motion.running.stop(Pending::give_up, 1s);
        co_await motion.running.stop(Pending::give_up, 1s);
    };
    motion.loop.run(stop_twice());
    return released;
}

bool released_once(int released) { return released == 1; }

}  // namespace

TEST_CASE("published defect g: a shutdown that is asked for twice runs twice") {
    CHECK_FALSE(released_once(releases_as_published()));
    CHECK(released_once(releases_at_two_signals()));
    CHECK(released_once(releases_at_two_stops()));
}
