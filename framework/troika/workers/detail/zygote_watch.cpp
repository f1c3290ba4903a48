#include <troika/workers/detail/zygote_watch.hpp>

#include <fcntl.h>

namespace troika::workers::detail {

void ZygoteWatch::refresh() {
    zygote_->check();
    const Zygote::Watch watch = zygote_->watch();
    if (stopped_) return;
    if (watch.standby_in) loop_.timers().add(*this, loop_.now() + *watch.standby_in);
    if (watch.version == version_) return;
    version_ = watch.version;
    watched_.clear();
    for (const int fd : watch.descriptors) {
        const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (own < 0) continue;  // out of descriptors: the next spawn() looks anyway
        watched_.emplace_back(loop_.io(), own);
        wait(watched_.size() - 1);
    }
}

// A wait that ended and changed nothing, by a process that is just ending or by Asio's mistake
// (base/is_readable.hpp), is begun again.
void ZygoteWatch::wait(std::size_t place) {
    watched_[place].async_wait(
        Descriptor::wait_read,
        [self = shared_from_this(), place, version = version_](boost::system::error_code ec) {
            if (ec || self->stopped_) return;
            self->refresh();
            if (!self->stopped_ && self->version_ == version) self->wait(place);
        });
}

void ZygoteWatch::stop() noexcept {
    stopped_ = true;
    loop_.timers().cancel(*this);
    watched_.clear();
}

}  // namespace troika::workers::detail
