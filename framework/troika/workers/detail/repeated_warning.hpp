#pragma once

#include <troika/async/timers.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troika::workers::detail {

// Says that something happens again and again: the first time at once, then one line a second with the
// number of times and the text of the last.
class RepeatedWarning final : private Timer {
  public:
    // `message` and `pool` outlive this. Everything on the loop thread.
    RepeatedWarning(Timers& timers, std::string_view message, std::string_view pool)
        : timers_(timers), message_(message), pool_(pool) {}

    // A line written at once has the fields of the current scope's request.
    void happened(std::string_view what);
    // No line comes later by itself: the loop may end before this does.
    void stop();

  private:
    void on_due() noexcept override;
    void write();

    Timers& timers_;
    const std::string_view message_;
    const std::string_view pool_;
    std::uint64_t count_ = 0;  // since the last line
    std::string last_;
};

}  // namespace troika::workers::detail
