#include <troika/async/timers.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace troika {

namespace {
constexpr auto kResolution = std::chrono::milliseconds(1);

Clock::TimePoint round_up(Clock::TimePoint due) noexcept {
    if (due >= Clock::TimePoint::max() - kResolution) return Clock::TimePoint::max();
    return std::chrono::ceil<std::chrono::milliseconds>(due);
}
}  // namespace

struct Timers::KernelTimer {
    explicit KernelTimer(boost::asio::io_context& io) : timer(io) {}
    boost::asio::steady_timer timer;
    Clock::TimePoint armed_for = Clock::TimePoint::max();
};

Timer::~Timer() {
    if (pending()) timers_->cancel(*this);
}

Timers::Timers(boost::asio::io_context& io, Clock& clock)
    : clock_(clock), kernel_timer_(std::make_unique<KernelTimer>(io)) {}

Timers::~Timers() {
    for (Timer* timer : heap_) timer->index_ = Timer::kNone;
}

void Timers::add(Timer& timer, Clock::TimePoint due) {
    if (timer.pending()) {
        remove(timer.index_);
    }
    timer.timers_ = this;
    timer.due_ = round_up(due);
    heap_.push_back(&timer);
    timer.index_ = heap_.size() - 1;
    sift_up(timer.index_);
    if (timer.index_ == 0) arm();
}

void Timers::cancel(Timer& timer) noexcept {
    if (!timer.pending()) return;
    remove(timer.index_);
    // Left armed for a cancelled due time the kernel wakes us once for nothing; only an empty heap
    // must be silent.
    if (heap_.empty() && !clock_.is_virtual()) {
        kernel_timer_->armed_for = Clock::TimePoint::max();
        kernel_timer_->timer.cancel();
    }
}

void Timers::fire_due() noexcept {
    const Clock::TimePoint now = clock_.now();
    firing_ = true;
    while (!heap_.empty() && heap_.front()->due_ <= now) {
        Timer* const timer = heap_.front();
        remove(0);
        timer->on_due();
    }
    firing_ = false;
    arm();
}

void Timers::arm() {
    if (clock_.is_virtual() || firing_ || heap_.empty()) return;
    const Clock::TimePoint due = heap_.front()->due_;
    if (due == Clock::TimePoint::max() || due >= kernel_timer_->armed_for) return;
    kernel_timer_->armed_for = due;
    kernel_timer_->timer.expires_at(due);
    kernel_timer_->timer.async_wait([this](const boost::system::error_code& ec) {
        if (ec == boost::asio::error::operation_aborted) return;  // armed anew, or nothing to do
        kernel_timer_->armed_for = Clock::TimePoint::max();
        fire_due();
    });
}

void Timers::place(std::size_t index, Timer* timer) noexcept {
    heap_[index] = timer;
    timer->index_ = index;
}

void Timers::sift_up(std::size_t index) noexcept {
    Timer* const timer = heap_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / 2;
        if (heap_[parent]->due_ <= timer->due_) break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, timer);
}

void Timers::sift_down(std::size_t index) noexcept {
    Timer* const timer = heap_[index];
    for (;;) {
        std::size_t child = 2 * index + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1]->due_ < heap_[child]->due_) ++child;
        if (timer->due_ <= heap_[child]->due_) break;
        place(index, heap_[child]);
        index = child;
    }
    place(index, timer);
}

void Timers::remove(std::size_t index) noexcept {
    heap_[index]->index_ = Timer::kNone;
    Timer* const last = heap_.back();
    heap_.pop_back();
    if (index == heap_.size()) return;
    place(index, last);
    sift_up(index);
    sift_down(last->index_);
}

}  // namespace troika
