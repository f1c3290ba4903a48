#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/http/server/detail/poller.hpp>

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cerrno>

namespace troika::http::detail {

namespace asio = boost::asio;

namespace {
constexpr int kRound = 64;
}

struct Poller::State : std::enable_shared_from_this<State> {
    explicit State(EventLoop& loop_in)
        : loop(loop_in), set(loop_in.io(), ::epoll_create1(EPOLL_CLOEXEC)), now(loop_in.now()) {}

    void arm() {
        if (armed || targets == 0) return;
        armed = true;
        set.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& ec) {
                           self->armed = false;
                           if (!ec) return self->run_round();
                           self->arm();  // cancelled with the last target, but there is a new one
                       });
    }

    void run_round() {
        now = loop.now();
        count = ::epoll_wait(set.native_handle(), events.data(), kRound, 0);
        for (at = 0; at < count; ++at) {
            const epoll_event& event = events[static_cast<std::size_t>(at)];
            if (event.data.ptr != nullptr)
                static_cast<PollTarget*>(event.data.ptr)->on_ready(event.events);
        }
        count = 0;
        arm();
    }

    EventLoop& loop;
    asio::posix::stream_descriptor set;
    Clock::TimePoint now;
    std::array<epoll_event, kRound> events{};
    int count = 0;
    int at = 0;
    std::size_t targets = 0;
    bool armed = false;
};

Poller::Poller(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}

Poller::~Poller() {
    state_->targets = 0;
    boost::system::error_code ignored;  // closing an epoll set cannot fail in a way that matters
    state_->set.close(ignored);
}

void Poller::add(int fd, std::uint32_t events, PollTarget& target) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &target;
    if (::epoll_ctl(state_->set.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw_errno("watch a socket");
    ++state_->targets;
    state_->arm();
}

void Poller::remove(int fd, PollTarget& target) noexcept {
    epoll_event unused{};
    if (::epoll_ctl(state_->set.native_handle(), EPOLL_CTL_DEL, fd, &unused) != 0) return;
    for (int i = state_->at; i < state_->count; ++i) {
        epoll_event& event = state_->events[static_cast<std::size_t>(i)];
        if (event.data.ptr == &target) event.data.ptr = nullptr;
    }
    if (--state_->targets > 0) return;
    boost::system::error_code ignored;  // nothing to cancel: then it was not armed
    state_->set.cancel(ignored);
}

Clock::TimePoint Poller::now() const noexcept {
    return state_->count > 0 ? state_->now : state_->loop.now();
}

}  // namespace troika::http::detail
