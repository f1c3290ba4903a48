#pragma once

#include "process_tree.hpp"
#include "temporary_folder.hpp"

#include <troika/base/unique_fd.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troika::testing {

struct ServiceOptions {
    std::vector<std::string> arguments{};  // behind --server.port 0
    std::vector<std::pair<std::string, std::string>> environment{};
    std::vector<std::string> wrapper{};         // a program with arguments that starts the service
    std::uint16_t port = 0;                     // 0: a free one
    std::size_t descriptors = 0;                // hard limit; 0: as it is
    std::size_t soft_descriptors = 0;           // soft limit; 0: the hard one
    bool unread_output = false;                 // a full pipe nobody reads instead of a file
    bool terminal = false;                      // in a terminal of its own instead
    std::string binary = "service_fixture";     // beside the test's own, or a path
    std::vector<std::string> only_arguments{};  // where given, nothing is added
};

// What makes a service process 1 of a namespace of its own; where that is refused, is what the caller asks.
std::vector<std::string> as_process_one();

// A service in a process and session of its own, started, watched and ended by a test. With the variable
// TROIKA_TEST_AS_PROCESS_ONE every service without a wrapper or a terminal is process 1 of a namespace.
//
//   Lifetime      Its destructor kills whatever is left of the session.
//   Errors        Functions that wait end the test when their bound has passed, and show the output.
class ServiceProcess final {
  public:
    explicit ServiceProcess(ServiceOptions options = {});
    ServiceProcess(const ServiceProcess&) = delete;
    ServiceProcess& operator=(const ServiceProcess&) = delete;
    ~ServiceProcess();

    // Started and listening.
    static ServiceProcess listening(ServiceOptions options = {});

    void wait_listening();
    // Until the output contains `text`, `times` times.
    void wait_output(const std::string& text, int times = 1);
    // The exit code, or 128 + signal when a signal ended it.
    int wait_exit();

    pid_t pid() const noexcept { return service_; }
    // The number by which it knows itself.
    std::string pid_inside() const;
    std::uint16_t port() const noexcept { return port_; }
    const TemporaryFolder& folder() const noexcept { return folder_; }
    std::string output() const;
    std::size_t count_output(const std::string& text) const;

    void signal(int number) const;
    // What a user of its terminal types; "\x03" is Ctrl-C.
    void type(const std::string& keys) const;
    // Everything of this service that is still there, itself and zombies included.
    std::vector<ProcessInfo> left() const;
    std::string left_over() const;  // the same in words
    // The same without zombies: a service that was killed leaves those to its init.
    bool any_alive() const;
    std::vector<ProcessInfo> zombies() const;
    std::vector<pid_t> named(const std::string& name) const;  // living ones
    std::vector<pid_t> workers() const { return named("troika-worker"); }
    // The value of a metric, by its name with labels as /metrics shows it; 0 when it is not there.
    double metric(const std::string& series) const;
    // Until `count` requests are being answered.
    void wait_in_flight(int count) const;

  private:
    ServiceProcess(ServiceOptions options, bool wait);
    std::vector<std::string> command_line() const;
    [[noreturn]] void execute(const std::vector<std::string>& command) const;
    void find_service();
    bool is_process_one() const;
    bool exited();
    void copy_terminal() const;

    ServiceOptions options_;
    TemporaryFolder folder_;
    UniqueFd full_pipe_;
    UniqueFd full_pipe_reader_;
    UniqueFd terminal_;  // our end
    UniqueFd terminal_of_service_;
    pid_t session_ = 0;
    pid_t service_ = 0;
    std::uint16_t port_ = 0;
    std::optional<int> exit_code_;
};

// Runs it to its end: what it printed and its exit code.
struct Finished {
    int exit_code;
    std::string output;
};
Finished run_to_end(ServiceOptions options);

}  // namespace troika::testing
