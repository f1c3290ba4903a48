#pragma once

#include <troika/async/timers.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troika::workers::detail {

// Says that a pool refuses jobs: the first one at once, then one line a second with their number.
class RefusalLog final : private Timer {
  public:
    // `pool` outlives this. Everything on the loop thread.
    RefusalLog(Timers& timers, std::string_view pool) : timers_(timers), pool_(pool) {}

    // `why` is the text of the error that the caller gets.
    void refused(std::string_view why);
    // No line comes later by itself: the loop may end before this does.
    void stop();

  private:
    void on_due() noexcept override;
    void write();

    Timers& timers_;
    const std::string_view pool_;
    std::uint64_t count_ = 0;  // since the last line
    std::string last_;
};

}  // namespace troika::workers::detail
