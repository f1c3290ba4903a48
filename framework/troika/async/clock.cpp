#include <troika/async/clock.hpp>

namespace troika {

namespace {
class SteadyClock final : public Clock {
  public:
    TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
};
}  // namespace

Clock& steady_clock() noexcept {
    static SteadyClock clock;  // stateless
    return clock;
}

}  // namespace troika
