#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/http/server/detail/poller.hpp>
#include <troika/testing/clock.hpp>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <memory>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using http::detail::Poller;
using http::detail::PollTarget;

namespace {

// A pipe whose reading end is watched.
struct Watched final : PollTarget {
    explicit Watched(Poller& poller_in) : poller(poller_in) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        reading.reset(ends[0]);
        writing.reset(ends[1]);
        poller.add(reading.get(), EPOLLIN | EPOLLET, *this);
    }
    ~Watched() { forget(); }
    void forget() {
        if (!reading) return;
        poller.remove(reading.get(), *this);
        reading.close();
    }
    void write() const { REQUIRE(::write(writing.get(), "x", 1) == 1); }
    void on_ready(std::uint32_t events) noexcept override {
        ++calls;
        seen = events;
        if (then) then();
    }

    Poller& poller;
    UniqueFd reading;
    UniqueFd writing;
    int calls = 0;
    std::uint32_t seen = 0;
    std::function<void()> then;
};

struct PollerFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    Poller poller{loop};
};

}  // namespace

TEST_CASE_METHOD(PollerFixture, "each new byte is told once, although nobody reads it") {
    Watched pipe(poller);
    loop.poll();
    CHECK(pipe.calls == 0);
    pipe.write();
    loop.poll();
    CHECK(pipe.calls == 1);
    CHECK(pipe.seen == EPOLLIN);
    loop.poll();
    CHECK(pipe.calls == 1);
    pipe.write();
    loop.poll();
    CHECK(pipe.calls == 2);
}

TEST_CASE_METHOD(PollerFixture, "the end of the other side is told without asking for it") {
    Watched pipe(poller);
    pipe.writing.close();
    loop.poll();
    CHECK((pipe.seen & EPOLLHUP) != 0);
}

TEST_CASE_METHOD(PollerFixture, "more ready targets than a round takes are all served, each once") {
    std::vector<std::unique_ptr<Watched>> pipes;
    for (int i = 0; i < 200; ++i) pipes.push_back(std::make_unique<Watched>(poller));
    for (const auto& pipe : pipes) pipe->write();
    for (int i = 0; i < 10; ++i) loop.poll();
    for (const auto& pipe : pipes) REQUIRE(pipe->calls == 1);
}

TEST_CASE_METHOD(PollerFixture,
                 "a target removed by another in the same round hears nothing any more") {
    auto one = std::make_unique<Watched>(poller);
    auto other = std::make_unique<Watched>(poller);
    int calls = 0;
    one->then = [&] { ++calls, other.reset(); };
    other->then = [&] { ++calls, one.reset(); };
    one->write();
    other->write();
    loop.poll();
    loop.poll();
    CHECK(calls == 1);
    CHECK((one == nullptr) != (other == nullptr));
}

TEST_CASE_METHOD(PollerFixture,
                 "watching goes on after the last target has left and a new one came") {
    {
        Watched first(poller);
        loop.poll();
    }
    Watched second(poller);  // before the loop has seen that the first one left
    second.write();
    loop.poll();
    loop.poll();
    CHECK(second.calls == 1);
    second.forget();
    loop.poll();
    Watched third(poller);
    third.write();
    loop.poll();
    CHECK(third.calls == 1);
}

TEST_CASE_METHOD(PollerFixture, "a target may leave while it is being told") {
    Watched pipe(poller);
    pipe.then = [&] { pipe.forget(); };
    pipe.write();
    loop.poll();
    loop.poll();
    CHECK(pipe.calls == 1);
}

TEST_CASE_METHOD(PollerFixture, "a descriptor that cannot be watched is refused") {
    struct Idle final : PollTarget {
        void on_ready(std::uint32_t) noexcept override {}
    } idle;
    CHECK_THROWS_AS(poller.add(-1, EPOLLIN, idle), IoError);
    Watched pipe(poller);
    CHECK_THROWS_AS(poller.add(pipe.reading.get(), EPOLLIN, idle), IoError);
}

TEST_CASE_METHOD(PollerFixture, "inside a round time stands still, outside it is the loop's") {
    Watched pipe(poller);
    const Clock::TimePoint began = clock.now();
    Clock::TimePoint inside{};
    pipe.then = [&] {
        clock.jump_to(began + 1s);
        inside = poller.now();
    };
    pipe.write();
    loop.poll();
    CHECK(inside == began);
    CHECK(poller.now() == began + 1s);
}

TEST_CASE("a poller may go while the loop still waits for it") {
    EventLoop loop;
    {
        Poller poller(loop);
        Watched pipe(poller);
        pipe.write();
    }
    loop.poll();
    Poller next(loop);
    Watched pipe(next);
    pipe.write();
    loop.poll();
    CHECK(pipe.calls == 1);
}
