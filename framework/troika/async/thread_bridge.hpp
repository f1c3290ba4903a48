#pragma once

#include <troika/async/channel.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/base/check.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace troika {

struct ThreadBridgeStats {
    std::size_t waiting;  // threads that wait for room
};

// Lets other threads send into a Channel of the loop: they wait for room, or are told that it is
// full.
//
//     ThreadBridge<Line> bridge(loop, lines);
//     std::thread reader([&] { while (auto line = read()) bridge.send_from_thread(*line); });
//
//   thread ── ticket ──► arrived (mutex) ── one post per batch ──► room? ──yes──► channel
//     ▲                                                              │no
//     │                                        waiting tickets ◄─────┴──► "full"
//     └────────── sent, full or stopped ◄── room in the channel, closed, bridge gone
//
//   Lifetime      Made and destroyed on the loop thread, within the channel's life, one bridge a
//                 channel; threads that wait when it is destroyed get Stopped, later calls are a bug.
//   Threads       The send functions on any thread but the loop's.
//   Errors        Stopped once the channel is closed; Error on the loop thread, which would wait for
//                 itself.
template <typename T>
class ThreadBridge final : private detail::ChannelObserver {
  public:
    ThreadBridge(EventLoop& loop, Channel<T>& channel)
        : shared_(std::make_shared<Shared>(loop)), channel_(channel) {
        TROIKA_CHECK(channel.observer_ == nullptr, "a channel has one thread bridge at a time");
        shared_->bridge = this;
        channel.observer_ = this;
    }
    ThreadBridge(const ThreadBridge&) = delete;
    ThreadBridge& operator=(const ThreadBridge&) = delete;
    ~ThreadBridge() {
        channel_.observer_ = nullptr;
        const std::lock_guard lock(shared_->mutex);
        shared_->bridge = nullptr;
        shared_->stop_all();
    }

    // Waits while the channel is full. TimeoutError after `limit`; then it was not sent.
    void send_from_thread(T value,
                          std::chrono::nanoseconds limit = std::chrono::nanoseconds::max()) {
        Ticket ticket{std::move(value), limit > limit.zero()};
        if (pass(ticket, limit) == State::full) throw TimeoutError("a channel stayed full");
    }

    // Tells at once: true, or false and `value` as it was because the channel is full.
    bool try_send_from_thread(T& value) {
        Ticket ticket{std::move(value), false};
        if (pass(ticket, std::chrono::nanoseconds::max()) == State::sent) return true;
        value = std::move(ticket.value);
        return false;
    }

    ThreadBridgeStats stats() const {
        const std::lock_guard lock(shared_->mutex);
        return {shared_->waiting.size()};
    }

  private:
    enum class State : unsigned char { open, sent, full, stopped };
    struct Ticket {  // in the sending thread's frame
        T value;
        bool may_wait;
        State state = State::open;
    };
    struct Shared {
        explicit Shared(EventLoop& loop_in) : loop(loop_in) {}
        void stop_all() {
            for (auto* tickets : {&arrived, &waiting})
                for (Ticket* ticket : *tickets) ticket->state = State::stopped;
            arrived.clear();
            waiting.clear();
            changed.notify_all();
        }
        EventLoop& loop;
        std::mutex mutex;
        std::condition_variable changed;
        ThreadBridge* bridge = nullptr;
        std::deque<Ticket*> arrived;
        std::deque<Ticket*> waiting;
    };

    State pass(Ticket& ticket, std::chrono::nanoseconds limit) {
        const std::shared_ptr<Shared> shared = shared_;  // outlives the bridge while we wait
        if (shared->loop.on_loop_thread())
            throw Error(
                "send_from_thread() on the loop thread would wait for itself: co_await "
                "channel.send(value) instead");
        std::unique_lock lock(shared->mutex);
        shared->arrived.push_back(&ticket);
        if (shared->arrived.size() == 1) shared->loop.post([shared] { settle(*shared); });
        const auto settled = [&] { return ticket.state != State::open; };
        const auto now = std::chrono::steady_clock::now();
        if (limit >= std::chrono::steady_clock::time_point::max() - now) {
            shared->changed.wait(lock, settled);
        } else if (!shared->changed.wait_until(lock, now + limit, settled)) {
            std::erase(shared->arrived, &ticket);
            std::erase(shared->waiting, &ticket);
            ticket.state = State::full;
        }
        if (ticket.state == State::stopped) throw Stopped("send_from_thread() to a closed channel");
        return ticket.state;
    }

    // Loop thread.
    static void settle(Shared& shared) {
        const std::lock_guard lock(shared.mutex);
        if (shared.bridge == nullptr) return;  // stopped already
        while (!shared.arrived.empty()) {
            Ticket* const ticket = shared.arrived.front();
            shared.arrived.pop_front();
            if (shared.waiting.empty() && shared.bridge->channel_.try_send(ticket->value)) {
                ticket->state = State::sent;
            } else if (ticket->may_wait || shared.bridge->channel_.closed()) {
                shared.waiting.push_back(ticket);
            } else {
                ticket->state = State::full;
            }
        }
        shared.bridge->pass_waiting();
    }
    void room_or_closed() noexcept override {
        const std::lock_guard lock(shared_->mutex);
        pass_waiting();
    }
    void pass_waiting() {
        auto& waiting = shared_->waiting;
        while (!waiting.empty() && channel_.try_send(waiting.front()->value)) {
            waiting.front()->state = State::sent;
            waiting.pop_front();
        }
        if (channel_.closed()) {
            shared_->stop_all();
        } else {
            shared_->changed.notify_all();
        }
    }

    std::shared_ptr<Shared> shared_;
    Channel<T>& channel_;
};

}  // namespace troika
