#include "load_budget.hpp"

#include <troika/async/deadline.hpp>
#include <troika/base/scope_exit.hpp>

#include <algorithm>

namespace archive {

namespace {

constexpr std::size_t kLongestSmall = 64 << 10;  // bytes
constexpr std::size_t kSmallPart = 8;            // of the whole is for small documents alone
constexpr std::size_t kLeastSmalls = 4;          // fit into that part

// event.wait() as a task, which with_timeout() wants.
troika::Task<> wait_for(troika::Event& event) { co_await event.wait(); }

}  // namespace

struct LoadBudget::State {
    struct Waiter {
        std::size_t bytes;
        troika::Event granted{};
    };
    using Queue = std::list<Waiter>;

    explicit State(LoadBudgetOptions given) : options(given) {}

    bool is_small(std::size_t bytes) const noexcept { return bytes <= small; }
    bool fits(std::size_t bytes) const noexcept {
        if (bytes > options.max_bytes - held_small - held_large) return false;
        // Where only small ones keep a large one waiting, no further small one may overtake it.
        if (is_small(bytes)) return larges.empty() || held_large > 0;
        return held_large == 0 || held_large + bytes <= options.max_bytes - small_part;
    }
    void add(std::size_t bytes) noexcept { (is_small(bytes) ? held_small : held_large) += bytes; }
    void give_back(std::size_t bytes) noexcept {
        (is_small(bytes) ? held_small : held_large) -= bytes;
        grant();
    }
    void grant() noexcept {
        grant(larges);
        grant(smalls);
    }
    void grant(Queue& queue) noexcept {
        while (!queue.empty() && fits(queue.front().bytes)) {
            add(queue.front().bytes);
            queue.front().granted.set();
            granted.splice(granted.end(), queue, queue.begin());
        }
    }

    LoadBudgetOptions options;
    std::size_t small_part = options.max_bytes / kSmallPart;
    std::size_t small = std::min(kLongestSmall, small_part / kLeastSmalls);
    std::size_t held_small = 0;
    std::size_t held_large = 0;
    Queue smalls;
    Queue larges;
    Queue granted;  // have their bytes, and have not gone on yet
};

void LoadBudget::Share::release() noexcept {
    if (const std::shared_ptr<State> state = std::exchange(state_, nullptr))
        state->give_back(bytes_);
}

LoadBudget::LoadBudget(LoadBudgetOptions options) : state_(std::make_shared<State>(options)) {}

std::size_t LoadBudget::small() const noexcept { return state_->small; }
std::size_t LoadBudget::held() const noexcept { return state_->held_small + state_->held_large; }
std::size_t LoadBudget::waiting() const noexcept {
    return state_->smalls.size() + state_->larges.size();
}

troika::Task<LoadBudget::Share> LoadBudget::take(std::size_t bytes) {
    const std::shared_ptr<State> state = state_;
    bytes = std::min(bytes, state->options.max_bytes);
    State::Queue& queue = state->is_small(bytes) ? state->smalls : state->larges;
    if (queue.empty() && state->fits(bytes)) {
        state->add(bytes);
        co_return Share(state, bytes);
    }
    const auto place = queue.emplace(queue.end(), bytes);
    bool taken = false;
    const troika::ScopeExit leave([&] {
        const bool granted = place->granted.is_set();
        (granted ? state->granted : queue).erase(place);
        if (taken) return;
        if (granted)
            state->give_back(bytes);
        else
            state->grant();  // the next one may fit where this one did not
    });
    troika::Task<> wait = wait_for(place->granted);
    co_await troika::with_timeout(state->options.max_wait, std::move(wait));
    taken = true;
    co_return Share(state, bytes);
}

}  // namespace archive
