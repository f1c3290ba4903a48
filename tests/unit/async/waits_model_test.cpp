#include "random_schedule.hpp"

#include <troika/async/condition.hpp>
#include <troika/async/event.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/token_bucket.hpp>

#include <algorithm>
#include <utility>

using namespace troika;
using namespace std::chrono_literals;

// Condition, Event and TokenBucket under random schedules: what must hold whatever happens.

namespace {

// Each notification that found a waiter wakes exactly one, in order; one is inside at a time.
class ConditionSchedule final : public RandomSchedule {
  public:
    using RandomSchedule::RandomSchedule;

    Task<> run() {
        const auto body = [this](TaskGroup& group) { return act(group); };
        co_await with_task_group("actors", body);
        expect(mutex_.locked(), false, "the lock was lost");
        expect(changed_.stats().waiting, std::size_t{0}, "somebody still waits");
    }

  private:
    Task<> act(TaskGroup& group) {
        for (int i = 0; i < 60 && breach.empty(); ++i) {
            next_step();
            const std::size_t dice = below(100);
            if (dice < 35) {
                waiters_.push_back(group.start("waiter", wait()));
            } else if (dice < 60) {
                notified_ += std::min<std::size_t>(changed_.stats().waiting, 1);
                changed_.notify_one();
            } else if (dice < 64) {
                notified_ += changed_.stats().waiting;
                changed_.notify_all();
            } else if (dice < 78 && !waiters_.empty()) {
                waiters_[below(waiters_.size())].cancel(CancelReason::asked);
            } else {
                const auto turns = std::chrono::milliseconds(below(3));
                co_await sleep_for(turns);
            }
        }
        co_await sleep_for(1h);
        expect(woken_.size(), notified_, "a notification was lost or doubled");
        expect(std::is_sorted(woken_.begin(), woken_.end()), true, "a waiter was overtaken");
        expect(mutex_.locked(), false, "the lock was lost");
        group.cancel(CancelReason::asked);
    }

    Task<> wait() {
        auto lock = co_await mutex_.lock();
        enter();
        const std::size_t place = next_place_++;
        leave();
        co_await changed_.wait(lock);
        enter();
        woken_.push_back(place);
        co_await pause();
        leave();
    }
    // Holds the lock for a while, also when cancelled: the place it was woken in is kept.
    Task<> pause() {
        const auto length = std::chrono::milliseconds(below(2));
        try {
            co_await sleep_for(length);
        } catch (const Cancelled&) {
            leave();
            throw;
        }
    }
    void enter() { expect(std::exchange(inside_, true), false, "two are inside"); }
    void leave() { inside_ = false; }

    Mutex mutex_;
    Condition changed_;
    std::vector<TaskHandle<>> waiters_;
    std::vector<std::size_t> woken_;
    std::size_t next_place_ = 0;
    std::size_t notified_ = 0;
    bool inside_ = false;
};

// A set() wakes all who wait then; a clear() keeps those asleep who come later.
class EventSchedule final : public RandomSchedule {
  public:
    using RandomSchedule::RandomSchedule;

    Task<> run() {
        const auto body = [this](TaskGroup& group) { return act(group); };
        co_await with_task_group("actors", body);
    }

  private:
    Task<> act(TaskGroup& group) {
        for (int i = 0; i < 60 && breach.empty(); ++i) {
            next_step();
            const std::size_t dice = below(100);
            if (dice < 40) {
                waiters_.push_back(group.start("waiter", wait()));
                co_await testing::advance(0s);
                if (event_.is_set()) ++should_wake_;
            } else if (dice < 55) {
                should_wake_ += event_.stats().waiting;
                event_.set();
            } else if (dice < 70) {
                event_.clear();
            } else if (dice < 85 && !waiters_.empty()) {
                waiters_[below(waiters_.size())].cancel(CancelReason::asked);
            } else {
                co_await testing::advance(0s);
                expect(woken_, should_wake_, "a wake-up was lost or made");
            }
        }
        group.cancel(CancelReason::asked);
    }
    Task<> wait() {
        co_await event_.wait();
        ++woken_;
    }

    Event event_;
    std::vector<TaskHandle<>> waiters_;
    std::size_t woken_ = 0;
    std::size_t should_wake_ = 0;
};

// Never more than burst + rate * time, never less while somebody waits, nobody overtaken.
class BucketSchedule final : public RandomSchedule {
  public:
    explicit BucketSchedule(std::uint64_t seed)
        : RandomSchedule(seed),
          rate_(1.0 + static_cast<double>(below(200))),
          burst_(1 + below(5)),
          bucket_(rate_, burst_) {}

    Task<> run() {
        const auto body = [this](TaskGroup& group) { return act(group); };
        co_await with_task_group("actors", body);
        expect(bucket_.stats(Clock::TimePoint::max()).waiting, std::size_t{0}, "one still waits");
        check_rate();
    }

  private:
    struct Grant {
        Clock::TimePoint when;
        std::size_t tokens;
    };

    Task<> act(TaskGroup& group) {
        for (int i = 0; i < 60 && breach.empty(); ++i) {
            next_step();
            const std::size_t dice = below(100);
            if (dice < 60) {
                callers_.push_back(group.start("caller", call(callers_.size(), 1 + below(burst_))));
            } else if (dice < 70 && !callers_.empty()) {
                callers_[below(callers_.size())].cancel(CancelReason::asked);
            } else if (dice < 75 && bucket_.try_take()) {
                grants_.push_back({current_scope()->loop().now(), 1});
            } else {
                const auto pause = std::chrono::milliseconds(below(100));
                co_await sleep_for(pause);
            }
        }
        co_await wait(callers_);  // ends, or a wake-up was lost
        // By time: what was granted at one moment may resume in another order.
        std::sort(order_.begin(), order_.end());
        const auto later = [](const auto& left, const auto& right) {
            return left.second < right.second;
        };
        expect(std::is_sorted(order_.begin(), order_.end(), later), true, "a caller was overtaken");
    }
    Task<> call(std::size_t id, std::size_t tokens) {
        co_await bucket_.take(tokens);
        grants_.push_back({current_scope()->loop().now(), tokens});
        order_.emplace_back(id, grants_.back().when);
    }
    void check_rate() {
        for (std::size_t from = 0; from < grants_.size(); ++from) {
            double tokens = 0;
            for (std::size_t to = from; to < grants_.size(); ++to) {
                tokens += static_cast<double>(grants_[to].tokens);
                const std::chrono::duration<double> time = grants_[to].when - grants_[from].when;
                // A timer may be 1 ms late, which moves a grant to a later moment only.
                const double most =
                    static_cast<double>(burst_) + rate_ * (time.count() + 0.001) + 1e-6;
                expect(tokens <= most, true, "more tokens than burst and rate allow");
            }
        }
    }

    double rate_;
    std::size_t burst_;
    TokenBucket bucket_;
    std::vector<TaskHandle<>> callers_;
    std::vector<Grant> grants_;
    std::vector<std::pair<std::size_t, Clock::TimePoint>> order_;
};

}  // namespace

TEST_CASE("no schedule of a condition loses a notification or the lock", "[slow]") {
    run_random_schedules<ConditionSchedule>(1000);
}

TEST_CASE("no schedule of an event loses a wake-up", "[slow]") {
    run_random_schedules<EventSchedule>(1000);
}

TEST_CASE("no schedule of a token bucket exceeds its rate or forgets a caller", "[slow]") {
    run_random_schedules<BucketSchedule>(1000);
}
