#include "random_schedule.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/sleep.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

// A random nest, seen as groups: each is one await of the coroutine above it and brings some limits, the
// outermost first. Whatever runs inside sleeps for an hour.
struct Group {
    enum Kind {
        timeout,
        moving_on,
        shielding,
        one,
        two,
        by_hand,
        inside_timeout,
        inside_shield
    } kind;
    std::vector<int> limits;  // seconds, from the start
    bool shields() const { return kind == shielding || kind == inside_shield; }
};

class NestSchedule : public RandomSchedule {
  public:
    using RandomSchedule::RandomSchedule;

    Task<> run() {
        make_groups();
        began_ = current_scope()->loop().now();
        co_await layer(0);
        expect(log_, model(), "who told of what, and when");
    }

  private:
    void make_groups() {
        std::vector<int> times;
        for (int second = 1; second <= 60; ++second) times.push_back(second);
        for (std::size_t left = times.size(); left > 1; --left)
            std::swap(times[left - 1], times[below(left)]);
        groups_.resize(1 + below(6));
        for (Group& group : groups_) {
            group.kind = static_cast<Group::Kind>(below(8));
            const std::size_t count = group.kind <= Group::one             ? 1
                                      : group.kind == Group::two           ? 2
                                      : group.kind == Group::inside_shield ? 2
                                                                           : 3;
            for (std::size_t i = 0; i < count; ++i) {
                group.limits.push_back(times.back());
                times.pop_back();
            }
        }
    }

    Task<> layer(std::size_t index) {
        if (index < groups_.size()) {
            const std::string how = co_await outcome(index);
            const auto second = (current_scope()->loop().now() - began_) / 1s;
            log_.push_back(std::to_string(index) + " " + how + " " + std::to_string(second));
            if (index == 0) co_return;
        }
        co_await sleep_for(1h);
    }

    Task<std::string> outcome(std::size_t index) {
        std::string how = "moved on";
        try {
            const bool in_time = co_await limited(index);
            if (in_time) how = "value";
        } catch (const TimeoutError& error) {
            const std::string what = error.what();
            how = what.substr(what.find("within "));
        } catch (const Cancelled&) {
            how = "cancelled";
        }
        co_return how;
    }

    Task<bool> limited(std::size_t index) {
        const std::vector<int>& of = groups_[index].limits;
        const auto limit = [&](std::size_t i) { return began_ + std::chrono::seconds(of[i]); };
        const auto left = [&](std::size_t i) { return limit(i) - current_scope()->loop().now(); };
        Task<> next = layer(index + 1);
        switch (groups_[index].kind) {
            case Group::timeout: co_await with_timeout(left(0), std::move(next)); break;
            case Group::moving_on: {
                const bool in_time = co_await move_on_after(left(0), std::move(next));
                co_return in_time;
            }
            case Group::shielding: co_await shield(left(0), std::move(next)); break;
            case Group::one: {
                DeadlineScope only(limit(0));
                co_await only.run(std::move(next));
                break;
            }
            case Group::two: {
                DeadlineScope outer(limit(0));
                DeadlineScope inner(limit(1));
                co_await inner.run(std::move(next));
                break;
            }
            case Group::by_hand: {
                DeadlineScope outer(limit(0));
                DeadlineScope inner(limit(2));
                Task<> timed = with_timeout(left(1), inner.run(std::move(next)));
                co_await outer.run(std::move(timed));
                break;
            }
            case Group::inside_timeout: {
                DeadlineScope outer(limit(1));
                DeadlineScope inner(limit(2));
                co_await with_timeout(left(0), inner.run(std::move(next)));
                break;
            }
            case Group::inside_shield: {
                DeadlineScope outside(1s);
                DeadlineScope inner(limit(1));
                co_await shield(left(0), inner.run(std::move(next)));
                break;
            }
        }
        co_return true;
    }

    // The coroutine that runs sleeps until the earliest limit passes of those around it up to a shield.
    std::vector<std::string> model() const {
        std::vector<std::string> log;
        std::size_t running = groups_.size();
        int second = 0;
        while (running > 0) {
            std::size_t first = running - 1;
            while (first > 0 && !groups_[first].shields()) --first;
            std::size_t winner = first;
            int earliest = 1000;
            for (std::size_t i = first; i < running; ++i)
                for (const int limit : groups_[i].limits)
                    if (limit < earliest) {
                        earliest = limit;
                        winner = i;
                    }
            second = std::max(second, earliest);
            for (std::size_t i = running; i-- > winner + 1;)
                log.push_back(std::to_string(i) + " cancelled " + std::to_string(second));
            log.push_back(std::to_string(winner) + told(winner, earliest, second) +
                          std::to_string(second));
            running = winner;
        }
        return log;
    }

    std::string told(std::size_t winner, int earliest, int second) const {
        const Group& group = groups_[winner];
        const bool by_shield = group.shields() && group.limits[0] == earliest;
        if (by_shield && outside_passed(winner, second)) return " cancelled ";
        if (group.kind == Group::moving_on) return " moved on ";
        return " within " + std::to_string(earliest * 1000) + " ms ";
    }
    bool outside_passed(std::size_t index, int second) const {
        while (index-- > 0) {
            for (const int limit : groups_[index].limits)
                if (limit <= second) return true;
            if (groups_[index].shields()) return false;
        }
        return false;
    }

    std::vector<Group> groups_;
    std::vector<std::string> log_;
    Clock::TimePoint began_;
};

}  // namespace

TEST_CASE("random nests of limits, timeouts and shields end as a model says, at its times") {
    run_random_schedules<NestSchedule>(3000);
}
