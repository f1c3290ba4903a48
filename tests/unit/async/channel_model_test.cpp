#include "random_schedule.hpp"

#include <troika/async/channel.hpp>
#include <troika/async/task_handle.hpp>

#include <algorithm>
#include <set>
#include <utility>

using namespace troika;

// Channel against a model: whatever is sent, received, tried, cancelled and closed, each item comes
// out once, in order, to whoever waited longest.

namespace {

class ChannelSchedule final : public RandomSchedule {
  public:
    explicit ChannelSchedule(std::uint64_t seed)
        : RandomSchedule(seed), channel_(1 + below(3)), close_at_(20 + below(80)) {}

    Task<> run() {
        const auto body = [this](TaskGroup& group) { return act(group); };
        co_await with_task_group("actors", body);
    }

  private:
    struct Waiter {
        std::size_t id;
        int item;
    };
    struct Ready {
        std::size_t id;
        std::string log;  // what it will write; empty: it only begins
        int item;         // below 0: a receiver begins
    };

    Task<> act(TaskGroup& group) {
        for (std::size_t i = 0; i < 100 && breach.empty(); ++i) {
            next_step();
            if (i == close_at_) close();
            const std::size_t dice = below(100);
            if (dice < 25) {
                begin(group, next_item_++);
            } else if (dice < 50) {
                begin(group, -1);
            } else if (dice < 60) {
                int item = next_item_++;
                const int copy = item;
                expect(channel_.try_send(item), model_try_send(copy), "try_send told wrongly");
            } else if (dice < 70) {
                const auto item = channel_.try_receive();
                expect(item.value_or(-1), model_try_receive(), "try_receive gave another item");
            } else if (dice < 82) {
                cancel_one();
            } else {
                co_await testing::advance(std::chrono::nanoseconds(0));
                settle();
            }
            compare();
        }
        if (!closed_) close();
        co_await testing::advance(std::chrono::nanoseconds(0));
        settle();
        expect(group.size(), std::size_t{0}, "somebody still waits on a closed channel");
    }

    Task<> send(std::size_t id, int item) {
        std::string how = "sent";
        try {
            co_await channel_.send(item);
        } catch (const Stopped&) {
            how = "stopped";
        }
        log_.push_back(entry(id, how));
    }
    Task<> receive(std::size_t id) {
        const std::optional<int> item = co_await channel_.receive();
        log_.push_back(entry(id, item ? std::to_string(*item) : "end"));
    }
    static std::string entry(std::size_t id, const std::string& how) {
        return std::to_string(id) + ":" + how;
    }

    void begin(TaskGroup& group, int item) {
        const std::size_t id = tasks_.size();
        Task<> task = item < 0 ? receive(id) : send(id, item);
        tasks_.push_back(group.start("actor", std::move(task)));
        ready_.push_back({id, "", item});
    }
    void cancel_one() {
        if (tasks_.empty()) return;
        const std::size_t id = below(tasks_.size());
        tasks_[id].cancel(CancelReason::asked);
        cancelled_.insert(id);
        const auto is_it = [id](const Waiter& waiter) { return waiter.id == id; };
        std::erase_if(senders_, is_it);
        std::erase_if(receivers_, is_it);
    }
    void close() {
        channel_.close();
        closed_ = true;
        for (const Waiter& sender : senders_) ready_.push_back({sender.id, "stopped", 0});
        for (const Waiter& receiver : receivers_) ready_.push_back({receiver.id, "end", 0});
        senders_.clear();
        receivers_.clear();
    }

    bool model_try_send(int item) {
        if (closed_) return false;
        if (!receivers_.empty()) {
            ready_.push_back({receivers_.front().id, std::to_string(item), 0});
            receivers_.pop_front();
        } else {
            if (items_.size() == channel_.capacity()) return false;
            items_.push_back(item);
        }
        ++unfinished_;
        return true;
    }
    int model_try_receive() {
        if (items_.empty()) return -1;
        const int item = items_.front();
        items_.pop_front();
        if (!senders_.empty()) {
            items_.push_back(senders_.front().item);
            ready_.push_back({senders_.front().id, "sent", 0});
            senders_.pop_front();
            ++unfinished_;
        }
        return item;
    }
    void settle() {
        for (; !ready_.empty(); ready_.pop_front()) {
            const Ready one = ready_.front();
            std::string how = one.log;
            if (how.empty()) how = model_begin(one);
            if (!how.empty()) should_log_.push_back(entry(one.id, how));
        }
        expect(log_, should_log_, "items or their order differ");
    }
    std::string model_begin(const Ready& one) {
        if (cancelled_.contains(one.id)) return "";
        if (one.item >= 0) {
            if (closed_) return "stopped";
            if (model_try_send(one.item)) return "sent";
            senders_.push_back({one.id, one.item});
            return "";
        }
        const int item = model_try_receive();
        if (item >= 0) return std::to_string(item);
        if (closed_) return "end";
        receivers_.push_back({one.id, 0});
        return "";
    }
    void compare() {
        const ChannelStats stats = channel_.stats();
        expect(stats.size, items_.size(), "items inside differ");
        expect(stats.sending, senders_.size(), "waiting senders differ");
        expect(stats.receiving, receivers_.size(), "waiting receivers differ");
        expect(stats.unfinished, unfinished_, "unfinished items differ");
    }

    Channel<int> channel_;
    std::size_t close_at_;
    std::vector<TaskHandle<>> tasks_;
    std::vector<std::string> log_;
    int next_item_ = 0;

    bool closed_ = false;
    std::deque<int> items_;
    std::deque<Waiter> senders_;
    std::deque<Waiter> receivers_;
    std::deque<Ready> ready_;
    std::set<std::size_t> cancelled_;
    std::vector<std::string> should_log_;
    std::size_t unfinished_ = 0;
};

}  // namespace

TEST_CASE("no schedule of a channel loses, doubles or reorders an item, or forgets a waiter",
          "[slow]") {
    run_random_schedules<ChannelSchedule>(1000);
}
