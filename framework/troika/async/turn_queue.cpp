#include <troika/async/event_loop.hpp>
#include <troika/async/turn_queue.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace troika {

// Asio keeps it alive while a slice is ahead, which may be longer than the server lives.
struct TurnQueue::State : std::enable_shared_from_this<State> {
    explicit State(EventLoop& loop_in) noexcept : loop(loop_in) {}

    void arm() {
        if (waiting.empty() || std::exchange(armed, true)) return;
        boost::asio::post(loop.io(), [self = shared_from_this()] {
            self->armed = false;
            self->run_slice();
            self->arm();
        });
    }

    // Only those that asked before it: the clock may be one that stands still.
    void run_slice() noexcept {
        const Clock::TimePoint end = loop.now() + kSlice;
        const std::uint64_t last = asked;
        while (!waiting.empty() && static_cast<Turn&>(waiting.front()).number_ <= last) {
            ++given;
            static_cast<Turn&>(waiting.take_first()).resume_now();
            if (loop.now() >= end) return;
        }
    }

    EventLoop& loop;
    detail::WaitList waiting;
    std::uint64_t asked = 0;
    std::uint64_t given = 0;
    bool armed = false;
};

TurnQueue::TurnQueue(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}

std::uint64_t TurnQueue::given() const noexcept { return state_->given; }

bool Turn::start() {
    number_ = ++queue_.state_->asked;
    wait_in(queue_.state_->waiting);
    queue_.state_->arm();
    return true;
}

}  // namespace troika
