#include <troika/async/deadline.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/task_list.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

std::vector<TaskInfo> tasks_now() { return live_tasks(current_scope()->loop()); }

std::vector<std::string> lines(const std::vector<TaskInfo>& tasks) {
    std::vector<std::string> texts;
    for (const auto& task : tasks) {
        std::string text = task.parent + " > " + task.group + " > " + task.name + ": ";
        text += to_string(task.state);
        if (!task.waits_for.empty()) text += " for " + task.waits_for;
        if (!task.doing.empty()) text += " in " + task.doing;
        text += ", " + std::to_string(task.age / 1s) + " s";
        texts.push_back(text);
    }
    return texts;
}

// How the tests call a line of this file where places are kept.
std::string place(int line) {
    return SpawnPlace::kKept ? "tests/unit/async/task_list_test.cpp:" + std::to_string(line) : "";
}

Task<> with_a_route(Semaphore& semaphore) {
    Scope route(*current_scope(), "/documents/{id}");
    auto acquire = [](Semaphore& from) -> Task<> { const auto permit = co_await from.acquire(); };
    Task<> handler = acquire(semaphore);
    co_await run_in(route, handler);
}

}  // namespace

ASYNC_TEST_CASE("live tasks are listed with name, group, parent, state and age") {
    Semaphore semaphore(0);
    const auto nested = [&](TaskGroup& group) -> Task<> {
        group.spawn("nap", with_timeout(1h, [](EventLoop&) -> Task<> {
                        co_await sleep_for(2h);
                    }(current_scope()->loop())));
        co_await sleep_for(1h);
    };
    const auto stubborn = []() -> Task<> {
        bool cancelled = false;
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled&) {
            cancelled = true;
        }
        const auto cleanup = []() -> Task<> { co_await sleep_for(5s); };
        if (cancelled) co_await shield(10s, cleanup());
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("nested", with_task_group("inner", nested));
        co_await sleep_for(3s);
        group.spawn("request", with_a_route(semaphore));
        auto ending = group.start("ending", stubborn());
        co_await sleep_for(1s);
        ending.cancel(CancelReason::asked);
        co_await sleep_for(0s);
        CHECK(lines(tasks_now()) ==
              std::vector<std::string>{
                  "loop > loop > main: ready, 4 s",
                  "main > outer > nested: waiting for Sleep in inner, 4 s",
                  "nested > inner > nap: waiting for Sleep, 4 s",
                  "main > outer > request: waiting for Semaphore::Acquire in /documents/{id}, 1 s",
                  "main > outer > ending: cancelling for Sleep, 1 s"});
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("outer", body);
    CHECK(tasks_now().size() == 1);
}

ASYNC_TEST_CASE("a debug build tells where each task was spawned, a release keeps nothing of it") {
    struct Named {
        [[no_unique_address]] SpawnPlace place;
        char letter;
    };
    static_assert(SpawnPlace::kKept || sizeof(Named) == sizeof(char));

    const auto nap = []() -> Task<> { co_await sleep_for(1h); };
    const auto both = [&]() -> Task<> { co_await gather(nap(), nap()); };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("spawned", nap());
        const int line = __LINE__ - 1;
        const auto started = group.start("started", both());
        co_await sleep_for(1s);
        std::vector<std::string> places;
        for (const TaskInfo& task : tasks_now())
            places.push_back(task.name + " " + task.spawned_at);
        CHECK(places == std::vector<std::string>{"main ", "spawned " + place(line),
                                                 "started " + place(line + 2), "gather[0] ",
                                                 "gather[1] "});
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("outer", body);
}
