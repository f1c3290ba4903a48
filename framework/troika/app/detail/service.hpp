#pragma once

#include <troika/app/detail/running.hpp>
#include <troika/async/event.hpp>
#include <troika/http/server/server.hpp>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::detail {

// What tells one state of a file from another; an inode's number alone is given anew at once.
struct SocketFile {
    std::string path;
    dev_t device;
    ino_t inode;
    std::int64_t changed_seconds, changed_nanoseconds;
    bool operator==(const SocketFile&) const = default;
};

// A Running app with a listener and signals: what troika::run() runs.
class Service final {
  public:
    Service(App& app, EventLoop& loop, std::shared_ptr<workers::Zygote> zygote);

    // From start to the end of the ladder; gives the exit code. Throws what start threw.
    Task<int> serve();

    // SIGTERM and SIGINT stop the service, or abandon its start; SIGHUP reloads what is reloadable.
    void on_signal(int signal);
    void on_lag(std::chrono::nanoseconds lag) {
        lag_.observe(std::chrono::duration<double>(lag).count());
    }

    // What was being started when serve() threw: a part of the app, or "service".
    std::string_view failed_part() const noexcept;

    // Threads did not return: the process must end by _exit, no destructor may run.
    bool threads_left() const noexcept { return threads_left_; }

  private:
    Task<bool> start();
    void listen();
    void remember_socket_file(const std::string& path);
    void remove_socket_files() noexcept;
    void watch_server();
    void reload();

    App::State& app_;
    EventLoop& loop_;
    Histogram& lag_;
    Running running_;
    http::Server server_;
    std::vector<SocketFile> socket_files_;
    Event stop_;
    Scope* starting_ = nullptr;
    bool threads_left_ = false;
};

}  // namespace troika::detail
