#include "tasks.hpp"

#include <troika/async/channel.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/retry.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/token_bucket.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

// Seven defects of concurrency recipes that are widely copied. Each test has the recipe as it is
// published, and one check that the recipe fails and ours passes.
//
//   a  a token bucket that does not count its own sleep lets twice the rate through
//   b  a gather that "fails fast" leaves the siblings running
//   c  a retry loop repeats what was refused, and what must not happen twice
//   d  a queue's consumers end when nothing comes for the two seconds of their timeout
//   e  a client made per request, inside the semaphore, never reuses a connection
//   f  a timeout on a thread's result still waits for the thread:
//      tests/unit/workers/published_defects_test.cpp
//   g  a shutdown that is asked for twice runs twice: tests/unit/app/published_defects_test.cpp

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

// ------------------------------------------------------------------------------------------ a
class PublishedBucket {
  public:
    PublishedBucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}
    Task<> take() {
        const std::chrono::duration<double> passed = now() - last_;
        last_ = now();
        tokens_ = std::min(burst_, tokens_ + passed.count() * rate_);
        if (tokens_ < 1) {
            const std::chrono::duration<double> wait((1 - tokens_) / rate_);
            co_await sleep_for(std::chrono::duration_cast<std::chrono::nanoseconds>(wait));
            tokens_ = 0;  // last_ is still before the sleep, which the next call counts as passed
        } else {
            tokens_ -= 1;
        }
    }

  private:
    double rate_;
    double burst_;
    double tokens_;
    Clock::TimePoint last_ = now();
};

template <typename Bucket>
Task<bool> keeps_its_rate() {
    Bucket bucket(5, 2);
    const auto began = now();
    for (int i = 0; i < 15; ++i) co_await bucket.take();  // 2 at once, 13 at 5 per second
    const auto took = now() - began;
    co_return took >= 2600ms && took <= 2610ms;
}

// ------------------------------------------------------------------------------------------ b
using Charges = std::vector<Task<>>;

Task<> published_gather(TaskGroup& loop_tasks, Charges charges) {
    std::vector<TaskHandle<>> tasks;
    for (Task<>& charge : charges) tasks.push_back(loop_tasks.start("charge", std::move(charge)));
    const Waited<void> first = co_await wait(std::move(tasks), Until::first_exception);
    for (const TaskHandle<>& task : first.done) task.get();
}
Task<> our_gather(TaskGroup&, Charges charges) { co_await gather(std::move(charges)); }

template <typename Gather>
Task<bool> nothing_happens_after_the_failure(Gather gather_them) {
    int charged = 0;
    const auto refuse = []() -> Task<> {
        co_await sleep_for(1s);
        throw Error("refused");
    };
    const auto charge = [&]() -> Task<> {
        co_await sleep_for(2s);
        ++charged;
    };
    const auto body = [&](TaskGroup& loop_tasks) -> Task<> {
        Charges charges;
        charges.push_back(refuse());
        for (int i = 0; i < 3; ++i) charges.push_back(charge());
        bool failed = false;
        try {
            co_await gather_them(loop_tasks, std::move(charges));
        } catch (const Error&) {
            failed = true;
        }
        CHECK(failed);
        co_await sleep_for(10s);
    };
    co_await with_task_group("loop", body);
    co_return charged == 0;
}

// ------------------------------------------------------------------------------------------ c
struct NotFound final : Error {
    NotFound() : Error("404") {}
};

Task<> published_retry(std::function<Task<>()> call, bool /*idempotent*/) {
    for (int attempt = 1;; ++attempt) {
        Task<> task = call();
        try {
            co_await std::move(task);
            co_return;
        } catch (const std::exception&) {
            if (attempt == 3) throw;
        }
        co_await sleep_for(1s);
    }
}
Task<> our_retry(std::function<Task<>()> call, bool idempotent) {
    RetryPolicy policy{.attempts = 3};
    if (!idempotent) policy.retry_if = [](const std::exception_ptr&) { return false; };
    co_await retry(policy, call);
}

template <typename Retry>
Task<int> calls_of(Retry retry_it, std::function<Task<>()> call, bool idempotent) {
    int calls = 0;
    const std::function<Task<>()> counted = [&] {
        ++calls;
        return call();
    };
    try {
        co_await retry_it(counted, idempotent);
    } catch (const Error&) {
    }
    co_return calls;
}

template <typename Retry>
Task<bool> repeats_only_what_may_be_repeated(Retry retry_it) {
    const std::function<Task<>()> get_missing = []() -> Task<> {
        co_await sleep_for(1ms);
        throw NotFound();
    };
    const std::function<Task<>()> break_off =
        []() -> Task<> {  // sent, and nobody knows what became of it
        co_await sleep_for(1ms);
        const boost::system::error_code reset(ECONNRESET, boost::system::system_category());
        throw IoError(reset, "read the answer");
    };
    const int missing = co_await calls_of(retry_it, get_missing, true);
    const int posted = co_await calls_of(retry_it, break_off, false);
    const int fetched = co_await calls_of(retry_it, break_off, true);
    CHECK(fetched == 3);
    co_return missing == 1 && posted == 1;
}

// ------------------------------------------------------------------------------------------ d
Task<> published_consumer(Channel<int>& items, int& done) {
    const auto get = [&]() -> Task<std::optional<int>> { co_return co_await items.receive(); };
    for (;;) {
        try {
            co_await with_timeout(2s, get());
        } catch (const TimeoutError&) {
            co_return;  // "the queue is empty, so all work is done"
        }
        ++done;
        items.task_done();
    }
}
Task<> our_consumer(Channel<int>& items, int& done) {
    while (const auto item = co_await items.receive()) {
        ++done;
        items.task_done();
    }
}

template <typename Consumer>
Task<bool> all_is_consumed_though_the_producer_pauses(Consumer consumer) {
    Channel<int> items(5);
    int done = 0;
    const auto produce = [&]() -> Task<> {
        for (int i = 0; i < 10; ++i) {
            if (i == 5) co_await sleep_for(3s);
            co_await items.send(i);
        }
        co_await items.join();
        items.close();
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("consumer", consumer(items, done));
        co_await move_on_after(1h, produce());
    };
    co_await with_task_group("queue", body);
    co_return done == 10;
}

// ------------------------------------------------------------------------------------------ e
struct Connection {  // what a client opens
    explicit Connection(int& made) { ++made; }
    Task<> ask() const { co_await sleep_for(1s); }
};

struct PublishedClient {
    Semaphore slots{10};
    Task<> ask(int& made) {
        const auto slot = co_await slots.acquire();
        const Connection connection(made);  // async with httpx.AsyncClient() as client:
        co_await connection.ask();
    }
};

struct OurClient {
    Semaphore slots{10};
    std::vector<Connection> idle;
    Task<> ask(int& made) {
        const auto slot = co_await slots.acquire();
        Connection connection = lease(made);
        co_await connection.ask();
        idle.push_back(connection);
    }
    Connection lease(int& made) {
        if (idle.empty()) return Connection(made);
        Connection connection = idle.back();
        idle.pop_back();
        return connection;
    }
};

template <typename Client>
Task<bool> a_hundred_calls_need_ten_connections() {
    Client client;
    int made = 0;
    std::vector<Task<>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(client.ask(made));
    const auto began = now();
    co_await gather(std::move(calls));
    CHECK(now() - began == 10s);  // the limit itself holds in both
    co_return made == 10;
}

}  // namespace

ASYNC_TEST_CASE("published defect a: a token bucket runs at twice its rate") {
    const bool published = co_await keeps_its_rate<PublishedBucket>();
    CHECK_FALSE(published);
    const bool ours = co_await keeps_its_rate<TokenBucket>();
    CHECK(ours);
}

ASYNC_TEST_CASE("published defect b: a gather that failed leaves its siblings running") {
    const bool published = co_await nothing_happens_after_the_failure(published_gather);
    CHECK_FALSE(published);
    const bool ours = co_await nothing_happens_after_the_failure(our_gather);
    CHECK(ours);
}

ASYNC_TEST_CASE("published defect c: a retry repeats a 404 and a POST") {
    const bool published = co_await repeats_only_what_may_be_repeated(published_retry);
    CHECK_FALSE(published);
    const bool ours = co_await repeats_only_what_may_be_repeated(our_retry);
    CHECK(ours);
}

ASYNC_TEST_CASE("published defect d: consumers end when the producer pauses for their timeout") {
    const bool published = co_await all_is_consumed_though_the_producer_pauses(published_consumer);
    CHECK_FALSE(published);
    const bool ours = co_await all_is_consumed_though_the_producer_pauses(our_consumer);
    CHECK(ours);
}

ASYNC_TEST_CASE("published defect e: a client made for each request opens a hundred connections") {
    const bool published = co_await a_hundred_calls_need_ten_connections<PublishedClient>();
    CHECK_FALSE(published);
    const bool ours = co_await a_hundred_calls_need_ten_connections<OurClient>();
    CHECK(ours);
}
