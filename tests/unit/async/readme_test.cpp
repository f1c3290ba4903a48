#include "tasks.hpp"

#include <troika/async/as_completed.hpp>
#include <troika/async/channel.hpp>
#include <troika/async/condition.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/flow.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/guard.hpp>
#include <troika/async/map.hpp>
#include <troika/async/periodic.hpp>
#include <troika/async/race.hpp>
#include <troika/async/retry.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/subprocess.hpp>
#include <troika/async/sync_wait.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/task_list.hpp>
#include <troika/async/thread_bridge.hpp>
#include <troika/async/token_bucket.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Every piece of code in framework/troika/async/README.md stands here between two marks, so that it
// compiles and does what is said about it; readme_check.py compares the two.

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

using Page = std::string;

Task<Page> fetch(std::string url) {
    const auto length = std::chrono::milliseconds(100 * url.size());
    co_await sleep_for(length);
    if (url == "bad") throw std::runtime_error("no such page");
    co_return "page of " + url;
}
Task<int> count_users() {
    co_await sleep_for(50ms);
    co_return 3;
}
Task<> sleep_a_while() { co_await sleep_for(1h); }
// [snippet: sync_wait]
Task<int> run_tool() {
    co_await sleep_for(10ms);
    co_return 0;
}

int tool_main() { return sync_wait(run_tool()); }
// [end]

// [snippet: flow]
Flow<Page> pages_of(std::vector<std::string> urls) {
    for (std::string& url : urls) {
        Page page = co_await fetch(std::move(url));
        co_yield std::move(page);
    }
}
// [end]

}  // namespace

TEST_CASE("README: a task is run from main") { CHECK(tool_main() == 0); }

ASYNC_TEST_CASE("README: gather") {
    const auto began = now();
    // [snippet: gather]
    auto [page, users] = co_await gather(fetch("index"), count_users());

    std::vector<Task<Page>> downloads;
    for (const char* url : {"a", "bb", "ccc"}) downloads.push_back(fetch(url));
    const std::vector<Page> pages = co_await gather(std::move(downloads));
    // [end]
    CHECK(page == "page of index");
    CHECK(users == 3);
    CHECK(pages == std::vector<Page>{"page of a", "page of bb", "page of ccc"});
    CHECK(now() - began == 800ms);
}

ASYNC_TEST_CASE("README: gather_settled") {
    std::vector<Page> good;
    std::vector<std::string> bad;
    // [snippet: gather_settled]
    std::vector<Task<Page>> downloads;
    for (const char* url : {"a", "bad", "c"}) downloads.push_back(fetch(url));
    std::vector<Settled<Page>> settled = co_await gather_settled(std::move(downloads));
    for (const Settled<Page>& page : settled) {
        if (page) {
            good.push_back(*page.value);
        } else {
            bad.push_back(describe(page.error));
        }
    }
    // [end]
    CHECK(good.size() == 2);
    CHECK(bad == std::vector<std::string>{"no such page"});
}

ASYNC_TEST_CASE("README: race") {
    // [snippet: race]
    std::vector<Task<Page>> mirrors;
    for (const char* url : {"far.away", "near"}) mirrors.push_back(fetch(url));
    const Winner<Page> first = co_await race(std::move(mirrors));
    // [end]
    CHECK(first.index == 1);
    CHECK(first.value == "page of near");
}

ASYNC_TEST_CASE("README: a task group, its handles and wait") {
    std::vector<Page> got;
    // [snippet: group]
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<TaskHandle<Page>> pages;
        for (const char* url : {"slow.example", "quick"})
            pages.push_back(group.start(url, fetch(url)));

        auto [done, pending] = co_await wait(pages, Until::first_completed, 10s);
        for (auto& page : done) got.push_back(page.get());
        for (auto& page : pending) page.cancel(CancelReason::asked);
    };
    co_await with_task_group("pages", body);  // returns when every child has ended
    // [end]
    CHECK(got == std::vector<Page>{"page of quick"});
}

ASYNC_TEST_CASE("README: as_completed") {
    std::vector<std::size_t> order;
    const auto show = [&](std::size_t index, const Settled<Page>& page) {
        if (page) order.push_back(index);
    };
    // [snippet: as_completed]
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<Task<Page>> downloads;
        for (const char* url : {"ccc", "a", "bb"}) downloads.push_back(fetch(url));
        auto pages = as_completed(group, std::move(downloads));
        while (auto page = co_await pages.next()) show(page->index, page->outcome);
    };
    co_await with_task_group("pages", body);
    // [end]
    CHECK(order == std::vector<std::size_t>{1, 2, 0});
}

ASYNC_TEST_CASE("README: map with a limit") {
    const std::vector<std::string> urls(100, "0123456789");  // 1 s each
    const auto began = now();
    // [snippet: map]
    const std::vector<Page> pages = co_await map(urls, fetch, 10);

    const MapOptions options{.limit = 10, .per_item_timeout = 5s};
    const std::vector<Settled<Page>> settled = co_await map_settled(urls, fetch, options);
    // [end]
    CHECK(now() - began == 20s);
    CHECK(pages.size() == 100);
    CHECK(std::all_of(settled.begin(), settled.end(), [](const auto& page) { return bool(page); }));
}

ASYNC_TEST_CASE("README: timeouts and cleanup") {
    std::vector<std::string> log;
    const auto roll_back = [&]() -> Task<> {
        co_await sleep_for(1s);
        log.emplace_back("rolled back");
    };
    // [snippet: timeout]
    const auto careful = [&]() -> Task<> {
        bool cancelled = false;
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled&) {  // no std::exception: only who means it catches it
            cancelled = true;
        }
        if (cancelled) co_await shield(5s, roll_back());  // and then Cancelled goes on its way
    };
    try {
        co_await with_timeout(5s, careful());
    } catch (const TimeoutError&) {
        log.emplace_back("late");
    }
    // [end]
    CHECK(log == std::vector<std::string>{"rolled back", "late"});
}

ASYNC_TEST_CASE("README: what has to be brought to an end") {
    std::vector<std::string> log;
    const auto note = [&](std::string what) -> Task<> {
        co_await sleep_for(1s);
        log.push_back(std::move(what));
    };
    // [snippet: guard]
    struct Transaction {
        std::function<Task<>(std::string)> run;
        Task<> enter() { return run("BEGIN"); }
        Task<> commit() { return run("COMMIT"); }
        Task<> rollback() { return run("ROLLBACK"); }
    };
    Transaction transaction{note};
    const auto transfer = [](Transaction& open) -> Task<int> {
        co_await open.run("INSERT ...");
        co_return 1;
    };
    const int rows = co_await use(transaction, transfer);

    const auto unlock = [&] { return note("unlocked"); };
    co_await with_cleanup(note("worked"), unlock);
    // [end]
    CHECK(rows == 1);
    CHECK(log == std::vector<std::string>{"BEGIN", "INSERT ...", "COMMIT", "worked", "unlocked"});
}

ASYNC_TEST_CASE("README: deadlines of several awaits") {
    // [snippet: deadline_scope]
    DeadlineScope limit(3s);  // or a point of time
    const Page page = co_await limit.run(fetch("index"));
    DeadlineScope each(100ms);  // lies in that one
    const int users = co_await each.run(count_users());

    const auto advert = co_await move_on_after(200ms, fetch("slow.example"));
    const Page shown = page + (advert ? *advert : " without advert");
    // [end]
    CHECK(users == 3);
    CHECK(shown == "page of index without advert");
}

ASYNC_TEST_CASE("README: primitives") {
    std::map<std::string, Page> cache;
    int peak = 0;
    int inside = 0;
    Semaphore slots(10);
    TokenBucket bucket(5, 2);
    Mutex mutex;
    // [snippet: primitives]
    const auto polite_fetch = [&](std::string url) -> Task<> {
        co_await bucket.take();                      // at most 5 begin per second
        const auto slot = co_await slots.acquire();  // and at most 10 are under way
        peak = std::max(peak, ++inside);
        Page page = co_await fetch(url);
        --inside;
        const auto lock = co_await mutex.lock();
        cache[url] = std::move(page);
    };
    // [end]
    std::vector<std::string> urls;
    urls.reserve(40);
    for (int i = 0; i < 40; ++i) urls.push_back("a.rather.long.address." + std::to_string(i));
    co_await map(urls, polite_fetch);
    CHECK(cache.size() == 40);
    CHECK(peak == 10);
}

ASYNC_TEST_CASE("README: a channel") {
    std::vector<int> got;
    Channel<int> numbers(4);
    // [snippet: channel]
    const auto produce = [&]() -> Task<> {
        for (int i = 0; i < 10; ++i) co_await numbers.send(i);  // waits while it is full
    };
    const auto consume = [&]() -> Task<> {
        while (const auto number = co_await numbers.receive()) {  // nothing: closed and empty
            got.push_back(*number);
            numbers.task_done();
        }
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("consumer", consume());
        co_await gather(produce(), produce());
        co_await numbers.join();
        numbers.close();  // ends every consumer
    };
    co_await with_task_group("numbers", body);
    // [end]
    CHECK(got.size() == 20);
}

TEST_CASE("README: a thread sends to the loop") {
    std::vector<int> got;
    const auto work = [&]() -> Task<> {
        // [snippet: bridge]
        Channel<int> lines(16);
        ThreadBridge<int> bridge(current_scope()->loop(), lines);
        std::thread reader([&] {
            for (int line = 0; line < 100; ++line) bridge.send_from_thread(line);
            bridge.send_from_thread(-1);
        });
        for (int line = 0; line >= 0;) {
            const auto received = co_await lines.receive();
            line = *received;
            if (line >= 0) got.push_back(line);
        }
        reader.join();
        // [end]
    };
    sync_wait(work());
    CHECK(got.size() == 100);
}

ASYNC_TEST_CASE("README: flows") {
    std::size_t bytes = 0;
    // [snippet: flow_use]
    const auto is_long = [](const Page& page) { return page.size() > 9; };
    const auto length = [](const Page& page) { return page.size(); };
    auto lengths = pages_of({"a", "bb", "ccc", "dddd"}).filter(is_long).map(length).take(2);
    while (const auto size = co_await lengths.next()) bytes += *size;
    // [end]
    CHECK(bytes == 21);
    const std::vector<std::string> urls{"a", "bb"};
    const std::vector<Page> all = co_await pages_of(urls).collect();
    CHECK(all.size() == 2);
}

ASYNC_TEST_CASE("README: retry and periodic") {
    int asked = 0;
    int refreshed = 0;
    const auto ask = [&]() -> Task<int> {
        co_await sleep_for(1ms);
        if (++asked < 3) throw Overloaded("busy", 1s);
        co_return 42;
    };
    const auto refresh = [&]() -> Task<> {
        ++refreshed;
        co_return;
    };
    // [snippet: retry]
    RetryBudget budget;  // one for all calls to that peer
    const RetryPolicy policy{.attempts = 4, .base = 100ms, .cap = 5s, .budget = &budget};
    const int answer = co_await retry(policy, ask);
    // [end]
    CHECK(answer == 42);
    // [snippet: periodic]
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("refresh", periodic(30s, refresh));
        co_await sleep_for(5min);
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("background", body);
    // [end]
    CHECK(refreshed == 10);
}

ASYNC_TEST_CASE("README: programs") {
    // [snippet: exec]
    const ExecOptions options{.input = "one\ntwo\n", .timeout = 10s, .check = true};
    const std::vector<std::string> count{"wc", "-l"};
    const Completed counted = co_await exec(count, options);
    CHECK(counted.output == "2\n");
    // [end]
}

ASYNC_TEST_CASE("README: live tasks") {
    std::vector<std::string> lines;
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("index", with_timeout(1min, sleep_a_while()));
        co_await sleep_for(2s);
        // [snippet: tasks]
        for (const TaskInfo& task : live_tasks(current_scope()->loop()))
            lines.push_back(task.name + ": " + std::string(to_string(task.state)) + " " +
                            task.waits_for + ", " + std::to_string(task.age / 1s) + " s");
        // [end]
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("background", body);
    CHECK(lines == std::vector<std::string>{"main: ready , 2 s", "index: waiting Sleep, 2 s"});
}

// [snippet: test]
ASYNC_TEST_CASE("the user count is there after 50 ms") {
    const auto body = [](TaskGroup& group) -> Task<> {
        const auto users = group.start("users", count_users());
        co_await testing::advance(49ms);
        CHECK_FALSE(users.done());
        co_await testing::advance(1ms);
        CHECK(users.get() == 3);
    };
    co_await with_task_group("group", body);
}
// [end]
