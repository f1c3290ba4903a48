#pragma once

#include <troika/async/task.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troika {

struct ExecOptions {
    std::string input;                    // its standard input; empty: /dev/null
    std::chrono::nanoseconds timeout{0};  // then it is ended and TimeoutError is thrown; 0: none
    std::size_t max_output = 1 << 20;     // bytes of stdout, and of stderr; one more ends it
    bool check = false;                   // throw SubprocessError unless it exits with 0
    std::optional<std::map<std::string, std::string>> env{};   // its whole environment; none: ours
    std::filesystem::path cwd{};                               // empty: ours
    std::chrono::nanoseconds grace = std::chrono::seconds(2);  // from SIGTERM to SIGKILL
};

// How a program ended and what it said.
struct Completed {
    int exit_code = 0;  // meaningless when a signal ended it
    int signal = 0;     // 0: it exited by itself
    std::string output;
    std::string error_output;

    bool ok() const noexcept { return exit_code == 0 && signal == 0; }
};

// With ExecOptions::check: it did not exit with 0. what() ends with the last of what it wrote to
// stderr; completed() has everything.
class SubprocessError final : public Error {
  public:
    SubprocessError(const std::string& program, Completed completed);
    const Completed& completed() const noexcept { return completed_; }

  private:
    Completed completed_;
};

// Runs a program to its end beside the loop, like asyncio.create_subprocess_exec and communicate():
//
//     const std::vector<std::string> command{"git", "rev-parse", "HEAD"};
//     const ExecOptions options{.timeout = 10s, .check = true};
//     const Completed done = co_await exec(command, options);
//
// No shell is involved: arguments arrive as they are. argv[0] is looked for in PATH. The program
// leads a process group of its own, has every signal at its default and unblocked, inherits no
// descriptor, and may open as many as this process could when it began (RLIMIT_NOFILE), however far
// the server has raised its own limit. Nothing outlives the call: when the program has ended, what it left behind in its
// group is killed, and what it had written is read to the end.
//
//   Threads       Event-loop thread only. Starting it holds the loop for about a millisecond.
//   Errors        IoError where it cannot be started (ENOENT: no such program, or no such cwd),
//                 TimeoutError, SubprocessError, Error for more than max_output bytes. A program
//                 that stops reading its input is no error.
//   Cancellation  Its group gets SIGTERM, after `grace` SIGKILL; it is reaped, then Cancelled is
//                 thrown. The same at the timeout.
Task<Completed> exec(std::vector<std::string> argv, ExecOptions options = {});

}  // namespace troika
