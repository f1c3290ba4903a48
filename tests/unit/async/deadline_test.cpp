#include <troika/async/deadline.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct DeadlineFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<std::string> log;

    Task<int> slow(std::chrono::milliseconds duration, int value) {
        co_await sleep_for(duration);
        co_return value;
    }
    Task<> stubborn() {
        for (int i = 0; i < 3; ++i) {
            try {
                co_await sleep_for(1h);
                log.push_back("slept");
            } catch (const Cancelled&) {
                log.push_back("cancelled");
            }
        }
    }
    Task<> tidy(std::chrono::milliseconds duration) {
        co_await sleep_for(duration);
        log.push_back("tidied");
    }
    Task<> work_with_cleanup(std::chrono::milliseconds cleanup, std::chrono::milliseconds limit) {
        bool cancelled = false;
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled&) {
            cancelled = true;
        }
        if (cancelled) co_await shield(limit, tidy(cleanup));
        log.push_back("not reached");
    }
};

}  // namespace

TEST_CASE_METHOD(DeadlineFixture, "with_timeout gives the result of what is in time") {
    CHECK(loop.run(with_timeout(10s, slow(9s, 7))) == 7);
}

TEST_CASE_METHOD(DeadlineFixture, "with_timeout ends what is late with TimeoutError at its time") {
    const auto began = loop.now();
    CHECK_THROWS_AS(loop.run(with_timeout(5s, slow(10s, 7))), TimeoutError);
    CHECK(loop.now() - began >= 5s);
    CHECK(loop.now() - began < 5s + 2ms);
}

TEST_CASE_METHOD(DeadlineFixture,
                 "cancellation is level-triggered: swallowing it once does not help") {
    loop.run(with_timeout(1s, stubborn()));
    CHECK(log == std::vector<std::string>{"cancelled", "cancelled", "cancelled"});
}

TEST_CASE_METHOD(DeadlineFixture, "what is late runs its cleanup before TimeoutError arrives") {
    auto ten_seconds = [&]() -> Task<> {
        const ScopeExit cleanup([&] { log.push_back("cleaned up"); });
        co_await sleep_for(10s);
        log.push_back("not reached");
    };
    const auto began = loop.now();
    CHECK_THROWS_AS(loop.run(with_timeout(5s, ten_seconds())), TimeoutError);
    CHECK(loop.now() - began == 5s);
    CHECK(log == std::vector<std::string>{"cleaned up"});
}

TEST_CASE_METHOD(DeadlineFixture,
                 "catch (const std::exception&) in user code does not stop a cancel") {
    auto greedy = [&]() -> Task<> {
        for (;;) {
            try {
                co_await sleep_for(1h);
            } catch (const std::exception&) {
                log.push_back("swallowed");
            }
        }
    };
    CHECK_THROWS_AS(loop.run(with_timeout(1s, greedy())), TimeoutError);
    CHECK(log.empty());
}

TEST_CASE_METHOD(DeadlineFixture,
                 "a transaction whose client goes away in the middle is rolled back") {
    auto note = [&](std::string text) -> Task<> {
        co_await sleep_for(1s);
        log.push_back(std::move(text));
    };
    auto transaction = [&]() -> Task<> {
        bool gone = false;
        try {
            co_await note("charged");
            co_await sleep_for(1h);
        } catch (const Cancelled& cancelled) {
            gone = cancelled.reason == CancelReason::client_gone;
        }
        if (gone) co_await shield(5s, note("rolled back"));
        co_await note("committed");
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        const auto request = group.spawn("request", transaction());
        co_await sleep_for(30s);
        group.cancel(request, CancelReason::client_gone);
    };
    loop.run(with_task_group("requests", body));
    CHECK(log == std::vector<std::string>{"charged", "rolled back"});
}

TEST_CASE_METHOD(DeadlineFixture, "timeouts nest and the earliest wins") {
    auto inner = [&]() -> Task<int> {
        CHECK(current_scope()->deadline() - loop.now() <= 2s);
        co_return co_await with_timeout(30s, slow(1h, 1));
    };
    const auto began = loop.now();
    CHECK_THROWS_AS(loop.run(with_timeout(2s, inner())), TimeoutError);
    CHECK(loop.now() - began < 3s);
}

TEST_CASE_METHOD(DeadlineFixture, "an inner timeout leaves the outer scope usable") {
    auto outer = [&]() -> Task<int> {
        bool late = false;
        try {
            co_await with_timeout(1s, slow(1h, 1));
        } catch (const TimeoutError& error) {
            late = true;
            CHECK(std::string(error.what()).find("1000 ms") != std::string::npos);
        }
        CHECK(late);
        CHECK_FALSE(current_scope()->cancelled());
        co_return co_await slow(1s, 5);
    };
    CHECK(loop.run(with_timeout(1min, outer())) == 5);
}

TEST_CASE_METHOD(DeadlineFixture, "a shielded cleanup runs to its end in a cancelled scope") {
    CHECK_THROWS_AS(loop.run(with_timeout(1s, work_with_cleanup(3s, 5s))), TimeoutError);
    CHECK(log == std::vector<std::string>{"tidied"});
}

TEST_CASE_METHOD(DeadlineFixture, "a shield has its own limit") {
    const auto began = loop.now();
    CHECK_THROWS_AS(loop.run(with_timeout(1s, work_with_cleanup(1h, 5s))), TimeoutError);
    CHECK(log.empty());
    CHECK(loop.now() - began < 7s);
}

TEST_CASE_METHOD(DeadlineFixture, "a cancel that arrives during a shield is thrown after it") {
    auto shielded = [&]() -> Task<> {
        co_await shield(1min, tidy(5s));
        log.push_back("not reached");
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("shielded", shielded());
        co_await sleep_for(1s);
        group.cancel(CancelReason::asked);
    };
    loop.run(with_task_group("group", body));
    CHECK(log == std::vector<std::string>{"tidied"});
}

TEST_CASE_METHOD(DeadlineFixture, "a cancel from outside is no timeout") {
    auto outer = [&]() -> Task<> { co_await with_timeout(1h, tidy(1h)); };
    auto run = [&]() -> Task<> {
        auto watched = [&]() -> Task<> {
            try {
                co_await outer();
            } catch (const Cancelled& cancelled) {
                log.push_back(std::string(to_string(cancelled.reason)));
            }
        };
        TaskGroup group("group");
        group.spawn("watched", watched());
        co_await sleep_for(1s);
        group.cancel(CancelReason::client_gone);
        co_await group.join();
    };
    loop.run(run());
    CHECK(log == std::vector<std::string>{"client_gone"});
}
