// What leaving the loop costs at least on this machine: 256 bytes to another process and back over a
// socketpair, and to another thread and back over a condition variable; one at a time (round trip)
// and 64 in flight on two processes or four threads (throughput). And from which size on a memory file
// is the quicker way, which decides workers/detail/frame.hpp's kInlineLimit.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

// A memory file with these bytes, sealed like those of jobs; the other process maps and reads it.
void send_as_file(int fd, const std::vector<char>& bytes) {
    const int file = ::memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t written = ::write(file, bytes.data() + at, bytes.size() - at);
        require(written > 0, "write");
        at += static_cast<std::size_t>(written);
    }
    ::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &file, sizeof file);
    require(::sendmsg(fd, &message, MSG_NOSIGNAL) == 1, "sendmsg");
    ::close(file);
}

bool receive_file(int fd, std::vector<char>& bytes) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != 1) return false;
    int file = -1;
    std::memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    void* const mapped = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, file, 0);
    require(mapped != MAP_FAILED, "mmap");
    std::memcpy(bytes.data(), mapped, bytes.size());
    ::munmap(mapped, bytes.size());
    ::close(file);
    return true;
}

enum class Way { socket, file };

// Seconds for so many bytes to another process, which says one byte when it has them.
double one_way(Way way, std::size_t size) {
    constexpr int kTimes = 300;
    std::array<int, 2> pair{};
    require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) == 0,
            "socketpair");
    std::vector<char> bytes(size, 'x');
    const pid_t pid = ::fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        ::close(pair[0]);
        const auto receive = [&] {
            return way == Way::file ? receive_file(pair[1], bytes)
                                    : ::recv(pair[1], bytes.data(), size, 0) > 0;
        };
        while (receive() && ::send(pair[1], "!", 1, MSG_NOSIGNAL) == 1) {
        }
        ::_exit(0);
    }
    ::close(pair[1]);
    const auto start = Clock::now();
    for (int i = 0; i < kTimes; ++i) {
        if (way == Way::file) {
            send_as_file(pair[0], bytes);
        } else {
            require(::send(pair[0], bytes.data(), size, MSG_NOSIGNAL) > 0, "send");
        }
        char byte = 0;
        require(::recv(pair[0], &byte, 1, 0) == 1, "recv");
    }
    const double result = seconds_since(start) / kTimes;
    stop({pair[0], pid});
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
    for (const std::size_t size : {16UL << 10, 64UL << 10, 128UL << 10, 192UL << 10}) {
        const double through_socket = one_way(Way::socket, size) * 1e6;
        const double as_file = one_way(Way::file, size) * 1e6;
        std::printf("%3zu KB to another process %32.1f us through the socket, %.1f us as a file\n",
                    size >> 10, through_socket, as_file);
    }
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
