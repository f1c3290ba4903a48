#pragma once

#include <troika/async/event.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/routing/router.hpp>
#include <troika/http/server/listen.hpp>
#include <troika/http/server/server.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// A real server on a real port in a thread of its own, and blocking clients for it.
namespace troika::http::test {

// Counts the limits that were reached and keeps the last failure, from the server's thread.
struct Limits final : Observer {
    void on_limit(Limit limit) noexcept override { ++reached[static_cast<std::size_t>(limit)]; }
    void on_request_failed(const Request&, std::string_view pattern,
                           std::string_view what) noexcept override {
        failed = std::string(pattern) + ": " + std::string(what);
    }
    int of(Limit limit) const { return reached[static_cast<std::size_t>(limit)]; }
    std::array<std::atomic<int>, kLimits> reached{};
    std::string failed;  // of the loop thread; read when the answer is there
};

// Keeps what went wrong outside any request, from the server's thread.
struct Troubles final : Observer {
    void on_trouble(std::string_view what) noexcept override {
        const std::lock_guard lock(mutex);
        told.emplace_back(what);
    }
    std::vector<std::string> all() {
        const std::lock_guard lock(mutex);
        return told;
    }
    std::mutex mutex;
    std::vector<std::string> told;
};

// A blocking client; the test thread speaks to the server through it.
class Client final {
  public:
    // `from`: an IPv4 address of this machine to come from.
    explicit Client(std::uint16_t port, int family = AF_INET, in_addr_t from = INADDR_ANY)
        : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in own{AF_INET, 0, {htonl(from)}, {}};
        if (from != INADDR_ANY)
            REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
        sockaddr_in v4{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
        sockaddr_in6 v6{AF_INET6, htons(port), 0, in6addr_loopback, 0};
        const int connected =
            family == AF_INET ? ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4)
                              : ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&v6), sizeof v6);
        REQUIRE(connected == 0);
        const int on = 1;
        ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }

    // False once the server refuses more.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void end() { ::shutdown(fd_.get(), SHUT_WR); }
    // The server sees a reset instead of an end.
    void reset() {
        const ::linger at_once{1, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        fd_.close();
    }
    int fd() const { return fd_.get(); }

    // Everything up to the server's end; was_reset() tells which kind of end.
    std::string read_all() {
        std::string all = std::exchange(kept_, {});
        for (std::string more; !(more = read_some()).empty();) all += more;
        return all;
    }
    bool was_reset() const { return reset_; }

    // One response with Content-Length (or none), for HEAD without body.
    std::string read_response(bool head = false) {
        while (true) {
            const std::size_t end = kept_.find("\r\n\r\n");
            if (end != std::string::npos) {
                std::size_t length = 0;
                const std::size_t field = kept_.find("content-length: ");
                if (!head && field != std::string::npos && field < end)
                    length = std::stoul(kept_.substr(field + 16, end - field - 16));
                const std::size_t whole = end + 4 + length;
                if (kept_.size() >= whole) {
                    std::string response = kept_.substr(0, whole);
                    kept_.erase(0, whole);
                    return response;
                }
            }
            const std::string more = read_some();
            if (more.empty()) return "ended: " + std::exchange(kept_, {});
            kept_ += more;
        }
    }

  private:
    std::string read_some() {
        std::string buffer(65536, '\0');
        const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (got < 0) reset_ = true;
        buffer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return buffer;
    }

    UniqueFd fd_;
    std::string kept_;
    bool reset_ = false;
};

class TestServer final {
  public:
    using Configure = std::function<void(Router&)>;

    explicit TestServer(Configure configure, ServerOptions options = {},
                        Observer* observer = nullptr, const char* address = "127.0.0.1")
        : thread_([this, configure = std::move(configure), options, observer, address] {
              run(configure, options, observer, address);
          }) {
        std::unique_lock lock(mutex_);
        started_.wait(lock, [this] { return port_ != 0; });
    }
    ~TestServer() {
        call([this] { stop_->set(); });
        thread_.join();
    }

    std::uint16_t port() const { return port_; }
    Client connect() const { return Client(port_); }
    std::string exchange(std::string_view bytes) const {
        Client client(port_);
        client.send(bytes);
        return client.read_all();
    }

    // Runs `function` on the loop thread and waits for it.
    void call(std::function<void()> function) {
        std::promise<void> done;
        loop_->post([&] {
            function();
            done.set_value();
        });
        done.get_future().wait();
    }
    ServerStats stats() {
        ServerStats stats;
        call([&] { stats = server_->stats(); });
        return stats;
    }
    // Polls a condition that the server reaches by itself.
    bool reaches(const std::function<bool(const ServerStats&)>& condition) {
        for (int i = 0; i < 5000; ++i) {
            if (condition(stats())) return true;
            ::poll(nullptr, 0, 1);
        }
        return false;
    }
    void start_lame_duck() {
        call([this] { server_->start_lame_duck(); });
    }
    // `before` runs first, while the loop stands still.
    void begin_drain(const std::function<void()>& before = [] {}) {
        call([this, &before] {
            before();
            drain_->set();
        });
    }
    // From any thread, after begin_drain(): true once no connection is left.
    bool drained() const { return drained_; }
    void listen(const ListenOptions& options) {
        call([&] { server_->listen(std::move(open_listener(options).socket)); });
    }
    std::vector<std::string> cancel_requests() {
        std::vector<std::string> cut;
        call([&] { cut = server_->cancel_requests(); });
        return cut;
    }

  private:
    void run(const Configure& configure, const ServerOptions& options, Observer* observer,
             const char* address) {
        EventLoop loop;
        Router router;
        configure(router);
        Server server(loop, router.resolver(), options, observer);
        Event stop;
        Event drain;
        ListeningSocket listening = open_listener({address, 0, 4096, {}});
        server.listen(std::move(listening.socket));
        {
            const std::lock_guard lock(mutex_);
            loop_ = &loop;
            server_ = &server;
            stop_ = &stop;
            drain_ = &drain;
            port_ = listening.port;
        }
        started_.notify_one();
        loop.run(serve(server, stop, drain, drained_));
    }
    static Task<> drain_when_told(Server& server, Event& drain, std::atomic<bool>& drained) {
        auto told = drain.wait();
        co_await told;
        Task<> draining = server.drain();
        co_await std::move(draining);
        drained = true;
    }
    static Task<> serve(Server& server, Event& stop, Event& drain, std::atomic<bool>& drained) {
        TaskGroup group("test");
        group.spawn("drain", drain_when_told(server, drain, drained));
        auto told = stop.wait();
        co_await told;
        group.cancel(CancelReason::asked);
        Task<> joined = group.join();
        co_await std::move(joined);
        Task<> stopped = server.stop();
        co_await std::move(stopped);
    }

    std::mutex mutex_;
    std::condition_variable started_;
    EventLoop* loop_ = nullptr;
    Server* server_ = nullptr;
    Event* stop_ = nullptr;
    Event* drain_ = nullptr;
    std::uint16_t port_ = 0;
    std::atomic<bool> drained_{false};
    std::thread thread_;
};

inline const std::string kClose = "Connection: close\r\n";

inline std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
// The head alone; `length` bytes have to follow.
inline std::string post(const std::string& path, std::size_t length,
                        const std::string& fields = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
           "\r\n" + fields + "\r\n";
}

inline bool becomes(const std::atomic<int>& counter, int value) {
    for (int i = 0; i < 5000 && counter != value; ++i) ::poll(nullptr, 0, 1);
    return counter == value;
}

// Of this process.
inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline Endpoint& add(Router& router, Method method, const std::string& pattern, Handler handler) {
    Endpoint endpoint;
    endpoint.pattern = pattern;
    endpoint.handler = std::move(handler);
    return router.add(method, std::move(endpoint));
}

inline std::string body_of(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : response.substr(end + 4);
}

inline int status_of(const std::string& response) {
    return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

// Reads a body that is streamed to its handler to the end.
inline Task<std::size_t> streamed_size(Request& request) {
    Stream& stream = *request.body().stream();
    std::size_t total = 0;
    while (true) {
        Task<std::optional<std::string_view>> pull = stream.next();
        const std::optional<std::string_view> piece = co_await std::move(pull);
        if (!piece) break;
        total += piece->size();
    }
    co_return total;
}

// Says what it got: method, target, body.
inline Task<Response> echo(Request& request) {
    std::string text(to_string(request.method()));
    text.append(" ").append(request.target()).append(" ").append(request.bytes());
    co_return Response::text(std::move(text));
}

// The same after having suspended, so that everything not owned by the request has changed meanwhile.
inline Task<Response> slow_echo(Request& request) {
    const std::string_view target = request.target();
    Sleep turn{std::chrono::nanoseconds(0)};
    co_await turn;
    std::string text(to_string(request.method()));
    text.append(" ").append(target).append(" ").append(request.bytes());
    co_return Response::text(std::move(text));
}

}  // namespace troika::http::test
