#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/base/unique_fd.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troika::workers::detail {

enum class Stream : std::uint8_t { out, error };

// What one worker process writes to stdout or stderr, line by line. A job that prints without end
// gets kLinesPerSecond; the rest is counted and told in one line.
//
//   Lifetime   Shared with Asio's handlers; the listener is told nothing after close().
//   Threads    Event-loop thread only.
class WorkerOutput final : public std::enable_shared_from_this<WorkerOutput>, private Timer {
  public:
    static constexpr int kLinesPerSecond = 100;
    static constexpr std::size_t kLongestLine = 4096;  // what is longer comes in pieces

    class Listener {
      public:
        virtual void on_line(Stream stream, std::string_view line) = 0;

      protected:
        ~Listener() = default;
    };

    WorkerOutput(EventLoop& loop, Listener& listener, Stream stream)
        : loop_(loop), listener_(&listener), pipe_(loop.io()), stream_(stream) {}

    // The end that is read here, or -1.
    int fd() noexcept { return pipe_.is_open() ? pipe_.native_handle() : -1; }
    // The end for the worker; none when there are no descriptors left.
    UniqueFd open();
    // Delivers what is there now.
    void drain();
    // A job has ended: a line it did not end is its own all the same.
    void end_line();
    // Delivers what is there, a line without its end too, and stops.
    void close();

  private:
    void on_due() noexcept override;
    void wait();
    bool read_some();
    void take(std::string_view bytes);
    void deliver(std::string_view line);

    EventLoop& loop_;
    Listener* listener_;
    boost::asio::posix::stream_descriptor pipe_;
    const Stream stream_;
    std::string unfinished_;
    int lines_ = 0;  // in this second
    std::uint64_t dropped_ = 0;
};

}  // namespace troika::workers::detail
