#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/workers/zygote.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troika::workers::detail {

// Waits for the end of a zygote or its standby, so that the one is replaced by the other at once.
class ZygoteWatch final : public std::enable_shared_from_this<ZygoteWatch>, private Timer {
  public:
    ZygoteWatch(EventLoop& loop, std::shared_ptr<Zygote> zygote)
        : loop_(loop), zygote_(std::move(zygote)) {}

    // Now, and again whenever the zygote may have changed.
    void refresh();
    void stop() noexcept;
    Zygote& zygote() const noexcept { return *zygote_; }

  private:
    using Descriptor = boost::asio::posix::stream_descriptor;

    void on_due() noexcept override { refresh(); }
    void wait(std::size_t place);

    EventLoop& loop_;
    std::shared_ptr<Zygote> zygote_;
    std::vector<Descriptor> watched_;
    std::uint64_t version_ = ~std::uint64_t{0};
    bool stopped_ = false;
};

}  // namespace troika::workers::detail
