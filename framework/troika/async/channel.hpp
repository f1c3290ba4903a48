#pragma once

#include <troika/async/detail/wait_list.hpp>
#include <troika/base/check.hpp>
#include <troika/base/error.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace troika {

namespace detail {
// Told that a place has become free which no sending task takes, or that the channel was closed.
class ChannelObserver {
  public:
    virtual void room_or_closed() noexcept = 0;

  protected:
    ~ChannelObserver() = default;
};
}  // namespace detail

template <typename T>
class ThreadBridge;

struct ChannelStats {
    std::size_t size;  // items inside
    std::size_t capacity;
    std::size_t sending;     // tasks that wait for room
    std::size_t receiving;   // tasks that wait for an item
    std::size_t unfinished;  // items sent for which task_done() was not called yet
    bool closed;
};

// A bounded queue between tasks, many producers and consumers, first come, first served. close()
// takes the place of sentinels: senders get Stopped, receivers what is left and then nothing.
// Consumers that call task_done() after each item let others wait in join() until all work is done.
//
//   Lifetime      Outlives whoever waits on it (checked).
//   Threads       Event-loop thread only; from other threads through a ThreadBridge.
//   Errors        send() throws Stopped after close().
//   Cancellation  A cancelled sender's value was not sent; a cancelled receiver took none.
template <typename T>
class Channel final {
    class [[nodiscard("co_await it")]] Send final : public detail::ListedSuspension {
      public:
        Send(Channel& channel, T value) : channel_(channel), value_(std::move(value)) {}
        void await_resume() {
            finish();
            if (!sent_) throw Stopped("send() on a closed channel");
        }

      private:
        friend class Channel;
        bool start() override {
            if (channel_.closed_) return false;
            sent_ = channel_.try_send(value_);
            if (!sent_) wait_in(channel_.senders_);
            return !sent_;
        }
        Channel& channel_;
        T value_;
        bool sent_ = false;
    };

    class [[nodiscard("co_await it")]] Receive final : public detail::ListedSuspension {
      public:
        explicit Receive(Channel& channel) noexcept : channel_(channel) {}
        std::optional<T> await_resume() {
            finish();
            return std::move(value_);
        }

      private:
        friend class Channel;
        bool start() override {
            value_ = channel_.try_receive();
            if (value_ || channel_.closed_) return false;
            wait_in(channel_.receivers_);
            return true;
        }
        Channel& channel_;
        std::optional<T> value_;
    };

    class [[nodiscard("co_await it")]] Join final : public detail::ListedSuspension {
      public:
        explicit Join(Channel& channel) noexcept : channel_(channel) {}
        void await_resume() const { finish(); }

      private:
        bool start() override {
            if (channel_.unfinished_ == 0) return false;
            wait_in(channel_.joining_);
            return true;
        }
        Channel& channel_;
    };

  public:
    // `capacity` items wait inside before send() does.
    explicit Channel(std::size_t capacity) : capacity_(capacity) {
        TROIKA_CHECK(capacity > 0, "a channel holds at least one item");
    }

    // co_await channel.send(value): waits while the channel is full.
    Send send(T value) { return Send(*this, std::move(value)); }
    // co_await channel.receive(): waits for an item; nothing once the channel is closed and empty.
    Receive receive() noexcept { return Receive(*this); }

    // Takes `value` and returns true, or leaves it and returns false where full or closed.
    bool try_send(T& value) {
        if (closed_) return false;
        if (!receivers_.empty()) {  // then the queue is empty: hand over
            static_cast<Receive&>(receivers_.front()).value_.emplace(std::move(value));
            receivers_.resume_first();
        } else {
            if (items_.size() >= capacity_) return false;
            items_.push_back(std::move(value));
        }
        ++unfinished_;
        return true;
    }
    std::optional<T> try_receive() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> value(std::move(items_.front()));
        items_.pop_front();
        if (!senders_.empty()) {
            auto& sender = static_cast<Send&>(senders_.front());
            items_.push_back(std::move(sender.value_));
            sender.sent_ = true;
            ++unfinished_;
            senders_.resume_first();
        } else if (observer_ != nullptr) {
            observer_->room_or_closed();
        }
        return value;
    }

    void close() noexcept {
        closed_ = true;
        senders_.resume_all();
        receivers_.resume_all();
        if (observer_ != nullptr) observer_->room_or_closed();
    }

    // By a consumer, once for each item it received, when it is done with it.
    void task_done() noexcept {
        TROIKA_CHECK(unfinished_ > 0, "task_done() was called more often than items were sent");
        if (--unfinished_ == 0) joining_.resume_all();
    }
    // co_await channel.join(): waits until task_done() was called for every item sent.
    Join join() noexcept { return Join(*this); }

    bool closed() const noexcept { return closed_; }
    std::size_t size() const noexcept { return items_.size(); }
    std::size_t capacity() const noexcept { return capacity_; }
    ChannelStats stats() const noexcept {
        return {items_.size(), capacity_, senders_.size(), receivers_.size(), unfinished_, closed_};
    }

  private:
    friend class ThreadBridge<T>;
    std::size_t capacity_;
    std::deque<T> items_;
    std::size_t unfinished_ = 0;
    bool closed_ = false;
    detail::ChannelObserver* observer_ = nullptr;
    detail::WaitList senders_;
    detail::WaitList receivers_;
    detail::WaitList joining_;
};

}  // namespace troika
