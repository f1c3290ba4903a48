#include <troika/async/event_loop.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/timers.hpp>
#include <troika/async/wheel.hpp>
#include <troika/base/check.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

// Two queues feed the coroutines beside Asio's own:
//
//   other threads ── post() ──► inbox (mutex) ── one asio::post per batch ──► called in order
//   loop thread ── resume_soon() ──► ready list (intrusive) ── one asio::post per batch ──► resumed
//
// so a batch of completions costs one wake-up and no allocation for each.

namespace troika {

namespace asio = boost::asio;

struct EventLoop::State {
    State(EventLoop& loop, Clock& clock_in)
        : clock(clock_in), timers(io, clock), wheel(timers), root(loop, "loop") {}

    asio::io_context io{1};
    Clock& clock;
    Timers timers;
    Wheel wheel;
    Scope root;
    std::thread::id thread = std::this_thread::get_id();

    Suspension* first_ready = nullptr;
    Suspension* last_ready = nullptr;
    bool ready_posted = false;

    std::mutex inbox_mutex;
    std::vector<UniqueFunction<void()>> inbox;

    std::atomic<int> jobs{0};
    std::vector<std::pair<const void*, void*>> services;
};

namespace {

// A coroutine handle that, once resumed, stops the io_context: the continuation of a main task.
struct StopOnResume {
    struct promise_type {
        StopOnResume get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

class RunningHere final {
  public:
    explicit RunningHere(EventLoop& loop) noexcept
        : outer_(std::exchange(detail::running_loop_cursor, &loop)) {}
    RunningHere(const RunningHere&) = delete;
    RunningHere& operator=(const RunningHere&) = delete;
    ~RunningHere() { detail::running_loop_cursor = outer_; }

  private:
    EventLoop* outer_;
};

StopOnResume stop_on_resume(asio::io_context& io, bool& done) {
    done = true;
    io.stop();
    co_return;
}

}  // namespace

EventLoop::EventLoop(EventLoopOptions options)
    : state_(std::make_unique<State>(*this,
                                     options.clock != nullptr ? *options.clock : steady_clock())) {}

EventLoop::~EventLoop() = default;

void EventLoop::run_until_done(Task<> main) {
    TROIKA_CHECK(on_loop_thread(), "an EventLoop runs on the thread that made it");
    TROIKA_CHECK(current_scope() == nullptr,
                 "run() was called inside a coroutine: co_await instead");
    State& state = *state_;
    const RunningHere running(*this);
    bool done = false;
    const StopOnResume stopper = stop_on_resume(state.io, done);
    const auto work = asio::make_work_guard(state.io);
    Scope scope(state.root, "main");
    scope.mark_task(state.clock.now());
    detail::current_scope_cursor = &scope;
    auto& promise = main.handle().promise();
    const bool waits = promise.start(main.handle(), stopper.handle, &scope);
    detail::current_scope_cursor = nullptr;
    while (waits && !done) {
        if (!state.clock.is_virtual()) {
            state.io.run();
        } else if (state.io.poll() == 0) {
            if (state.jobs.load() == 0 && !state.timers.empty()) {
                state.clock.jump_to(state.timers.next_due());
                state.timers.fire_due();
            } else {
                state.io.run_one();
            }
        }
        state.io.restart();
    }
    stopper.handle.destroy();
    promise.take();
}

void EventLoop::poll() {
    TROIKA_CHECK(on_loop_thread(), "an EventLoop is polled on the thread that made it");
    const RunningHere running(*this);
    state_->io.restart();
    while (state_->io.poll() > 0) state_->io.restart();
}

void EventLoop::post(UniqueFunction<void()> function) {
    State& state = *state_;
    bool first = false;
    {
        const std::lock_guard lock(state.inbox_mutex);
        first = state.inbox.empty();
        state.inbox.push_back(std::move(function));
    }
    if (!first) return;
    asio::post(state.io, [&state] {
        std::vector<UniqueFunction<void()>> batch;
        {
            const std::lock_guard lock(state.inbox_mutex);
            batch.swap(state.inbox);
        }
        for (const auto& call : batch) call();
    });
}

void EventLoop::push_ready(Suspension& suspension) {
    State& state = *state_;
    suspension.next_ready_ = nullptr;
    (state.last_ready != nullptr ? state.last_ready->next_ready_ : state.first_ready) = &suspension;
    state.last_ready = &suspension;
    if (std::exchange(state.ready_posted, true)) return;
    asio::post(state.io, [this] { run_ready(); });
}

void EventLoop::run_ready() noexcept {
    State& state = *state_;
    // Only what is ready now; what these make ready waits for I/O to have its turn.
    Suspension* next = std::exchange(state.first_ready, nullptr);
    state.last_ready = nullptr;
    state.ready_posted = false;
    while (next != nullptr) {
        Suspension* const current = std::exchange(next, next->next_ready_);
        current->state_ = Suspension::State::waiting;
        current->resume_now();
    }
}

bool EventLoop::on_loop_thread() const noexcept {
    return std::this_thread::get_id() == state_->thread;
}
Clock& EventLoop::clock() const noexcept { return state_->clock; }
Timers& EventLoop::timers() noexcept { return state_->timers; }
Wheel& EventLoop::wheel() noexcept { return state_->wheel; }
boost::asio::io_context& EventLoop::io() noexcept { return state_->io; }
Scope& EventLoop::root() noexcept { return state_->root; }
void EventLoop::job_began() noexcept { state_->jobs.fetch_add(1, std::memory_order_relaxed); }
void EventLoop::job_ended() noexcept { state_->jobs.fetch_sub(1, std::memory_order_relaxed); }
int EventLoop::jobs() const noexcept { return state_->jobs.load(std::memory_order_relaxed); }

void EventLoop::set_service(const void* key, void* service) {
    for (auto& entry : state_->services)
        if (entry.first == key) {
            entry.second = service;
            return;
        }
    state_->services.emplace_back(key, service);
}

void* EventLoop::service(const void* key) const noexcept {
    for (const auto& entry : state_->services)
        if (entry.first == key) return entry.second;
    return nullptr;
}

}  // namespace troika
