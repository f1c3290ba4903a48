#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/task_group.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace troika;
using namespace std::chrono_literals;

namespace {

// Stands for any operation; the test says how it begins and completes it.
class Operation final : public Suspension {
  public:
    enum class Begin { waits, complete, throws };
    explicit Operation(Begin begin, Mode mode = Mode::cancellable)
        : Suspension(mode), begin_(begin) {}
    int await_resume() const {
        finish();
        return 7;
    }
    void complete() { resume_soon(); }
    using Suspension::Mode;
    int cancels = 0;
    int starts = 0;

  private:
    bool start() override {
        ++starts;
        if (begin_ == Begin::throws) throw std::runtime_error("cannot begin");
        return begin_ == Begin::waits;
    }
    void on_cancel() noexcept override {
        ++cancels;
        complete_cancelled();
    }
    Begin begin_;
};

struct SuspensionFixture {
    EventLoop loop;
    std::string log;
    Task<> fail_then_wait(Operation& broken) {
        bool failed = false;
        try {
            co_await broken;
        } catch (const std::runtime_error&) {
            failed = true;
        }
        CHECK(failed);
        co_await sleep_for(0s);
    }
    Task<> await(Operation& operation) {
        try {
            const int value = co_await operation;
            log += std::to_string(value);
        } catch (const Cancelled& cancelled) {
            log += to_string(cancelled.reason);
        }
    }
};

}  // namespace

TEST_CASE_METHOD(SuspensionFixture, "an operation that is complete at once does not suspend") {
    Operation operation(Operation::Begin::complete);
    loop.run(await(operation));
    CHECK(log == "7");
}

TEST_CASE_METHOD(SuspensionFixture,
                 "an error while beginning is thrown into the coroutine, which may wait again") {
    Operation broken(Operation::Begin::throws);
    loop.run(fail_then_wait(broken));
}

TEST_CASE_METHOD(SuspensionFixture, "in a cancelled scope nothing is begun") {
    Operation operation(Operation::Begin::waits);
    TaskGroup group(loop.root(), "group");
    group.cancel(CancelReason::shutdown);
    group.spawn("late", await(operation));
    loop.run(group.join());
    CHECK(operation.starts == 0);
    CHECK(log == "shutdown");
}

TEST_CASE_METHOD(SuspensionFixture, "a cancel after completion does not take the result away") {
    Operation operation(Operation::Begin::waits);
    TaskGroup group(loop.root(), "group");
    group.spawn("waiter", await(operation));
    loop.poll();
    operation.complete();
    group.cancel(CancelReason::asked);
    loop.run(group.join());
    CHECK(operation.cancels == 0);
    CHECK(log == "7");
}

TEST_CASE_METHOD(SuspensionFixture, "a cancel while waiting is told to the operation once") {
    Operation operation(Operation::Begin::waits);
    TaskGroup group(loop.root(), "group");
    group.spawn("waiter", await(operation));
    loop.poll();
    group.cancel(CancelReason::client_gone);
    group.cancel(CancelReason::asked);
    loop.run(group.join());
    CHECK(operation.cancels == 1);
    CHECK(log == "client_gone");
}
