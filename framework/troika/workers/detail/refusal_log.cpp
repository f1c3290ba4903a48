#include <troika/workers/detail/refusal_log.hpp>

#include <troika/observe/log.hpp>

#include <chrono>

namespace troika::workers::detail {

void RefusalLog::refused(std::string_view why) {
    ++count_;
    last_ = why;
    if (!pending()) write();
}

void RefusalLog::stop() {
    timers_.cancel(*this);
    on_due();
    timers_.cancel(*this);
}

void RefusalLog::on_due() noexcept {
    if (count_ > 0) write();
}

void RefusalLog::write() {
    log::warning("a pool refused jobs", {{"pool", pool_}, {"count", count_}, {"last", last_}});
    count_ = 0;
    timers_.add(*this, timers_.clock().now() + std::chrono::seconds(1));
}

}  // namespace troika::workers::detail
