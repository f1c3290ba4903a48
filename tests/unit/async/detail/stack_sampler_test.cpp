#include <troika/async/detail/stack_sampler.hpp>
#include <troika/async/event_loop.hpp>

#include <catch2/catch.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <thread>

using namespace troika;
using namespace std::chrono_literals;
using detail::StackSampler;
using detail::ThreadStack;

namespace {

// Asks the calling thread from another one while `busy` keeps it.
template <typename Busy>
std::optional<ThreadStack> sample_this_thread(StackSampler& sampler, Busy busy) {
    std::optional<ThreadStack> stack;
    std::atomic<bool> done = false;
    const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
    std::thread asker([&] {
        stack = sampler.sample(self, 10s);
        done = true;
    });
    busy(done);
    asker.join();
    return stack;
}

void compute(const std::atomic<bool>& done) {
    while (!done) {
    }
}

}  // namespace

TEST_CASE("a computing thread tells its task and its frames, and goes on") {
    StackSampler sampler;
    std::optional<ThreadStack> stack;
    EventLoop loop;
    auto task = [&]() -> Task<> {
        stack = sample_this_thread(sampler, compute);
        co_return;
    };
    loop.run(task());
    REQUIRE(stack);
    CHECK(stack->task == "main");
    REQUIRE(stack->frames.size() > 2);
    const auto ours = [](const std::string& frame) { return frame.starts_with("unit_async+0x"); };
    CHECK(std::any_of(stack->frames.begin(), stack->frames.end(), ours));
}

TEST_CASE("outside coroutines there is no task to name") {
    StackSampler sampler;
    const auto stack = sample_this_thread(sampler, compute);
    REQUIRE(stack);
    CHECK(stack->task.empty());
}

TEST_CASE("a thread that does not exist or does not listen gives nothing") {
    StackSampler sampler;
    CHECK_FALSE(sampler.sample(1, 10s));  // not of this process
    sigset_t signals;
    sigset_t before;
    ::sigfillset(&signals);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before);
    std::optional<ThreadStack> stack;
    const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
    std::thread asker([&] { stack = sampler.sample(self, 1ms); });
    asker.join();
    CHECK_FALSE(stack);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);  // the late answer finds its place
    CHECK(sample_this_thread(sampler, compute));
}

TEST_CASE("the interrupted code keeps its errno") {
    StackSampler sampler;
    errno = EXDEV;
    sample_this_thread(sampler, [](const std::atomic<bool>& done) {
        errno = EXDEV;
        compute(done);
        CHECK(errno == EXDEV);
    });
}
