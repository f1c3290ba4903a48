#include <troika/async/sleep.hpp>

namespace troika {

bool Sleep::start() {
    if (duration_ <= duration_.zero()) {
        resume_soon();
        return true;
    }
    EventLoop& loop = scope().loop();
    const auto now = loop.now();
    const bool endless = duration_ >= Clock::TimePoint::max() - now;
    loop.timers().add(*this, endless ? Clock::TimePoint::max() : now + duration_);
    return true;
}

void Sleep::on_cancel() noexcept {
    scope().loop().timers().cancel(*this);
    complete_cancelled();
}

}  // namespace troika
