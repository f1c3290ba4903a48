// What leaving the loop costs at least on this machine: 256 bytes to another process and back over a
// socketpair, and to another thread and back over a condition variable; one at a time (round trip)
// and 64 in flight on two processes or four threads (throughput).

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kPayload = 256;
constexpr int kRoundTrips = 50000;
constexpr int kJobs = 300000;
constexpr int kInFlight = 64;
using Payload = std::array<char, kPayload>;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void require(bool condition, const char* doing) {
    if (condition) return;
    std::perror(doing);
    std::exit(1);
}

struct Child {
    int fd = -1;
    pid_t pid = -1;
};

Child start_echo_process() {
    std::array<int, 2> pair{};
    require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) == 0,
            "socketpair");
    const pid_t pid = ::fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        ::close(pair[0]);
        Payload payload{};
        while (::recv(pair[1], payload.data(), payload.size(), 0) > 0) {
            if (::send(pair[1], payload.data(), payload.size(), MSG_NOSIGNAL) < 0) break;
        }
        ::_exit(0);
    }
    ::close(pair[1]);
    return {pair[0], pid};
}

void stop(const Child& child) {
    ::close(child.fd);
    ::kill(child.pid, SIGKILL);  // a younger sibling may hold a copy of the descriptor
    ::waitpid(child.pid, nullptr, 0);
}

void send_one(int fd, const Payload& payload) {
    require(::send(fd, payload.data(), payload.size(), MSG_NOSIGNAL) > 0, "send");
}

double process_round_trip() {
    const Child child = start_echo_process();
    Payload payload{};
    const auto start = Clock::now();
    for (int i = 0; i < kRoundTrips; ++i) {
        send_one(child.fd, payload);
        require(::recv(child.fd, payload.data(), payload.size(), 0) > 0, "recv");
    }
    const double result = seconds_since(start) / kRoundTrips;
    stop(child);
    return result;
}

double process_throughput() {
    const std::array<Child, 2> children{start_echo_process(), start_echo_process()};
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    Payload payload{};
    for (const Child& child : children) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = child.fd;
        require(::epoll_ctl(epoll, EPOLL_CTL_ADD, child.fd, &event) == 0, "epoll_ctl");
    }
    const auto start = Clock::now();
    for (int i = 0; i < kInFlight; ++i)
        send_one(children[static_cast<std::size_t>(i % 2)].fd, payload);
    std::array<epoll_event, 2> events{};
    for (int done = 0; done < kJobs;) {
        const int ready = ::epoll_wait(epoll, events.data(), 2, -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            while (::recv(fd, payload.data(), payload.size(), MSG_DONTWAIT) > 0) {
                ++done;
                send_one(fd, payload);
            }
        }
    }
    const double result = kJobs / seconds_since(start);
    ::close(epoll);
    for (const Child& child : children) stop(child);
    return result;
}

class Queue {
  public:
    void push(const Payload& payload) {
        {
            const std::lock_guard lock(mutex_);
            items_.push_back(payload);
        }
        ready_.notify_one();
    }
    bool pop(Payload& payload) {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return !items_.empty() || closed_; });
        if (items_.empty()) return false;
        payload = items_.front();
        items_.pop_front();
        return true;
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        ready_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Payload> items_;
    bool closed_ = false;
};

// Seconds for `jobs` payloads there and back, `in_flight` at a time.
double through_threads(int threads, int in_flight, int jobs) {
    Queue there;
    Queue back;
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
            for (Payload payload; there.pop(payload);) back.push(payload);
        });
    }
    Payload payload{};
    const auto start = Clock::now();
    for (int i = 0; i < in_flight; ++i) there.push(payload);
    for (int done = 0; done < jobs; ++done) {
        back.pop(payload);
        if (done + in_flight < jobs) there.push(payload);
    }
    const double result = seconds_since(start);
    there.close();
    return result;
}

}  // namespace

int main() {
    // Processes first: nothing may fork once a thread exists.
    const double process_seconds = process_round_trip();
    const double process_rate = process_throughput();
    const double thread_seconds = through_threads(1, 1, kRoundTrips) / kRoundTrips;
    const double thread_rate = kJobs / through_threads(4, kInFlight, kJobs);
    std::printf("%-58s %8.1f us\n", "socketpair between two processes, round trip",
                process_seconds * 1e6);
    std::printf("%-58s %8.0f jobs/s\n", "socketpair, 64 in flight on 2 processes", process_rate);
    std::printf("%-58s %8.1f us\n", "condition variable between two threads, round trip",
                thread_seconds * 1e6);
    std::printf("%-58s %8.0f jobs/s\n", "condition variable, 64 in flight on 4 threads",
                thread_rate);
}
