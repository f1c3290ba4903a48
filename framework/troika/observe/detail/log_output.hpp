#pragma once

#include <troika/base/unique_fd.hpp>

#include <atomic>
#include <chrono>
#include <string_view>

namespace troika::log::detail {

// Writes lines to a descriptor that others share, and waits for its reader only as long as it is
// told.
//
// O_NONBLOCK belongs to the open file description, which the parent shares, so it is not set there.
// A pipe or terminal is opened a second time through /proc/self/fd, which makes a description of
// our own; a socket has MSG_DONTWAIT; a file does not wait. Where the second opening is not
// permitted, poll() and pieces of PIPE_BUF bytes do it: only another writer that takes the room in
// between can then hold us up.
class LogOutput final {
  public:
    explicit LogOutput(int fd);

    // False if the line, or its end, is lost: the reader is gone, or did not read until give_up()
    // or the limit. A line that was cut off is ended before the next one.
    bool write(std::string_view line, std::chrono::milliseconds limit);
    // Waits no longer, now and from now on. Any thread.
    void give_up() noexcept;

  private:
    enum class Kind { file, pipe, own_pipe, socket };
    long try_write(std::string_view piece) const;
    bool wait_writable(std::chrono::steady_clock::time_point until) const;

    int fd_;
    Kind kind_ = Kind::file;
    UniqueFd own_;
    UniqueFd wake_;  // an eventfd: readable once given up
    bool line_open_ = false;
};

}  // namespace troika::log::detail
