#include "random_schedule.hpp"

#include <troika/async/mutex.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/task_handle.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

using namespace troika;

// Semaphore and Mutex against a model of permits: whatever is acquired, released, tried and cancelled
// in whatever order, the permits stay as many as they were, nobody overtakes, nobody is forgotten.

namespace {

struct SemaphoreUnderTest {
    static constexpr std::size_t kMostPermits = 4;
    using Held = Semaphore::Permit;
    explicit SemaphoreUnderTest(std::size_t permits) : semaphore(permits) {}
    auto acquire() { return semaphore.acquire(); }
    std::optional<Held> try_acquire() { return semaphore.try_acquire(); }
    std::size_t available() const { return semaphore.stats().available; }
    std::size_t waiting() const { return semaphore.stats().waiting; }
    Semaphore semaphore;
};

struct MutexUnderTest {
    static constexpr std::size_t kMostPermits = 1;
    using Held = Mutex::Lock;
    explicit MutexUnderTest(std::size_t) {}
    auto acquire() { return mutex.lock(); }
    std::optional<Held> try_acquire() { return mutex.try_lock(); }
    std::size_t available() const { return mutex.stats().locked ? 0 : 1; }
    std::size_t waiting() const { return mutex.stats().waiting; }
    Mutex mutex;
};

template <typename UnderTest>
class PermitSchedule final : public RandomSchedule {
  public:
    explicit PermitSchedule(std::uint64_t seed)
        : RandomSchedule(seed),
          permits_(1 + below(UnderTest::kMostPermits)),
          available_(permits_),
          under_test_(permits_) {}

    Task<> run() {
        const auto body = [this](TaskGroup& group) { return act(group); };
        co_await with_task_group("actors", body);
        held_.clear();
        expect(under_test_.available(), permits_, "permits were lost or made");
        expect(under_test_.waiting(), std::size_t{0}, "somebody still waits");
    }

  private:
    enum class Turn : unsigned char { begins, has_permit };

    Task<> act(TaskGroup& group) {
        for (int i = 0; i < 60 && breach.empty(); ++i) {
            next_step();
            const std::size_t dice = below(100);
            if (dice < 35) {
                begin(group);
            } else if (dice < 60) {
                release_one();
            } else if (dice < 75) {
                cancel_one();
            } else if (dice < 82) {
                try_one();
            } else {
                co_await testing::advance(std::chrono::nanoseconds(0));
                settle();
            }
            compare();
        }
        while (breach.empty() && (!held_.empty() || !ready_.empty())) {
            co_await testing::advance(std::chrono::nanoseconds(0));
            settle();
            while (!held_.empty()) release_one();
            compare();
        }
        expect(waiting_.size(), std::size_t{0}, "the model forgot somebody");
        group.cancel(CancelReason::asked);
    }

    Task<> actor(int id) {
        auto held = co_await under_test_.acquire();
        got_.push_back(id);
        held_.emplace(id, std::move(held));
    }

    void begin(TaskGroup& group) {
        const int id = static_cast<int>(tasks_.size());
        tasks_.push_back(group.start("actor", actor(id)));
        ready_.emplace_back(id, Turn::begins);
    }
    void release_one() {
        if (held_.empty()) return;
        const auto one = std::next(held_.begin(), static_cast<long>(below(held_.size())));
        held_.erase(one);
        if (waiting_.empty()) {
            ++available_;
        } else {
            ready_.emplace_back(waiting_.front(), Turn::has_permit);
            waiting_.pop_front();
        }
    }
    void cancel_one() {
        if (tasks_.empty()) return;
        const std::size_t id = below(tasks_.size());
        tasks_[id].cancel(CancelReason::asked);
        cancelled_.insert(static_cast<int>(id));
        std::erase(waiting_, static_cast<int>(id));
    }
    void try_one() {
        auto held = under_test_.try_acquire();
        expect(held.has_value(), available_ > 0, "try_ told wrongly");
        if (!held) return;
        --available_;
        held_.emplace(--last_tried_, std::move(*held));
    }
    // What the loop did meanwhile: ready ones had their turn, in order.
    void settle() {
        for (; !ready_.empty(); ready_.pop_front()) {
            const auto [id, turn] = ready_.front();
            if (turn == Turn::begins && cancelled_.contains(id)) continue;
            if (turn == Turn::begins && available_ == 0) {
                waiting_.push_back(id);
                continue;
            }
            if (turn == Turn::begins) --available_;
            should_have_got_.push_back(id);
        }
        expect(got_, should_have_got_, "somebody was overtaken or forgotten");
    }
    void compare() {
        expect(under_test_.available(), available_, "free permits differ");
        expect(under_test_.waiting(), waiting_.size(), "waiters differ");
    }

    std::size_t permits_;
    std::size_t available_;
    UnderTest under_test_;
    std::map<int, typename UnderTest::Held> held_;
    std::vector<TaskHandle<>> tasks_;
    std::vector<int> got_;
    int last_tried_ = 0;  // permits without an actor have ids below 0

    std::deque<int> waiting_;
    std::deque<std::pair<int, Turn>> ready_;
    std::set<int> cancelled_;
    std::vector<int> should_have_got_;
};

}  // namespace

TEST_CASE("no schedule of a semaphore loses a permit, a waiter or the order", "[slow]") {
    run_random_schedules<PermitSchedule<SemaphoreUnderTest>>(1000);
}

TEST_CASE("no schedule of a mutex loses the lock, a waiter or the order", "[slow]") {
    run_random_schedules<PermitSchedule<MutexUnderTest>>(1000);
}
