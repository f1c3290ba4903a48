#include <troika/async/clock.hpp>

#include <time.h>

namespace troika {

namespace {
class SteadyClock final : public Clock {
  public:
    TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
    TimePoint coarse_now() const noexcept override {
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
        return TimePoint(std::chrono::seconds(time.tv_sec) +
                         std::chrono::nanoseconds(time.tv_nsec));
    }
};
}  // namespace

Clock& steady_clock() noexcept {
    static SteadyClock clock;  // stateless
    return clock;
}

}  // namespace troika
