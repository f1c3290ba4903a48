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
        Descriptor& descriptor = watched_.emplace_back(loop_.io(), own);
        descriptor.async_wait(Descriptor::wait_read,
                              [self = shared_from_this()](boost::system::error_code ec) {
                                  if (!ec) self->refresh();
                              });
    }
}

void ZygoteWatch::stop() noexcept {
    stopped_ = true;
    loop_.timers().cancel(*this);
    watched_.clear();
}

}  // namespace troika::workers::detail
