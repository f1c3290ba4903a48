#pragma once

#include <troika/base/unique_fd.hpp>

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troika::detail {

// A program started without a copy of the address space, and so as quick in a large server as in a
// small one. It leads its own process group. Destroying it kills the group and
// reaps the program.
class ChildProcess final {
  public:
    using Environment = std::optional<std::map<std::string, std::string>>;

    // Throws IoError naming the program.
    ChildProcess(const std::vector<std::string>& argv, const Environment& environment,
                 const std::filesystem::path& folder, UniqueFd input);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    int pidfd() const noexcept { return pidfd_.get(); }  // readable once the program has ended
    UniqueFd take_output() noexcept { return std::move(output_); }  // non-blocking
    UniqueFd take_error_output() noexcept { return std::move(error_output_); }

    // To the program and to whatever it started that stayed in its group.
    void signal_group(int signal) const noexcept;
    // Kills what is left of the group, then collects the program's status; waits for its end.
    void reap(int& exit_code, int& signal) noexcept;

  private:
    pid_t pid_ = -1;  // -1: reaped
    UniqueFd pidfd_;
    UniqueFd output_;
    UniqueFd error_output_;
};

}  // namespace troika::detail
