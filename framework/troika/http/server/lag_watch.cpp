#include <troika/http/server/detail/lag_watch.hpp>

namespace troika::http::detail {

namespace {
constexpr auto kPeriod = std::chrono::milliseconds(20);
}

LagWatch::~LagWatch() {
    if (armed_) loop_.timers().cancel(*this);
}

Clock::Duration LagWatch::look() noexcept {
    asked_ = true;
    if (armed_) return lag_;
    // Nobody asked for a while: what was measured then says nothing about now.
    lag_ = {};
    armed_ = true;
    due_ = loop_.now() + kPeriod;
    loop_.timers().add(*this, due_);
    return lag_;
}

void LagWatch::on_due() noexcept {
    const Clock::TimePoint now = loop_.now();
    lag_ = now - due_;
    armed_ = std::exchange(asked_, false);
    if (!armed_) return;
    due_ = now + kPeriod;
    loop_.timers().add(*this, due_);
}

}  // namespace troika::http::detail
