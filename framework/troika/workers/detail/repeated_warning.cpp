#include <troika/workers/detail/repeated_warning.hpp>

#include <troika/observe/log.hpp>

#include <chrono>

namespace troika::workers::detail {

void RepeatedWarning::happened(std::string_view what) {
    ++count_;
    last_ = what;
    if (!pending()) write();
}

void RepeatedWarning::stop() {
    timers_.cancel(*this);
    on_due();
    timers_.cancel(*this);
}

void RepeatedWarning::on_due() noexcept {
    if (count_ > 0) write();
}

void RepeatedWarning::write() {
    log::warning(message_, {{"pool", pool_}, {"count", count_}, {"last", last_}});
    count_ = 0;
    timers_.add(*this, timers_.clock().now() + std::chrono::seconds(1));
}

}  // namespace troika::workers::detail
