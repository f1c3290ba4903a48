#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/named_pools.hpp>
#include <troika/workers/thread_pool.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using workers::NamedPools;

TEST_CASE("a coroutine finds the pools of its loop by name, and is told which there are") {
    EventLoop loop;
    ThreadPool reports(loop, {.threads = 1, .name = "reports"});
    NamedPools pools;
    pools.add("reports", reports);
    loop.offer(&pools);
    loop.run([](ThreadPool& reports) -> Task<> {
        CHECK(&thread_pool("reports") == &reports);
        CHECK_THROWS_WITH(thread_pool("report"),
                          "there is no thread pool named 'report'; there are: reports");
        CHECK_THROWS_WITH(process_pool("reports"),
                          "there is no process pool named 'reports'; there are: none");
        const auto answer = [] { return 42; };
        const int sum = co_await thread_pool("reports").run(answer);
        CHECK(sum == 42);
        co_await reports.stop(StopMode::drain, std::chrono::seconds(10));
    }(reports));
    CHECK_THROWS_WITH(thread_pool("reports"),
                      "the pool 'reports' was asked for outside a coroutine, or on a loop that "
                      "offers no NamedPools");
}
