#include <troika/async/clock.hpp>
#include <troika/workers/detail/lookout.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace troika::workers::detail {

using std::chrono::steady_clock;

namespace {
// A round that took longer was not spent looking: the loop had something to do meanwhile.
constexpr std::chrono::nanoseconds kLongestPoll = std::chrono::microseconds(4);
}  // namespace

Lookout::Lookout(EventLoop& loop, std::chrono::nanoseconds time, Watched* watched)
    : loop_(loop),
      watched_(watched),
      self_(std::make_shared<Lookout*>(this)),
      gate_(loop.clock().is_virtual() ? std::chrono::nanoseconds(0) : time) {}

void Lookout::close() noexcept {
    if (!self_) return;
    gate_ = SpinGate(std::chrono::nanoseconds(0));
    if (std::exchange(looking_, false) && watched_ != nullptr) watched_->look_away();
    *self_ = nullptr;
    self_.reset();
}

void Lookout::began() {
    if (gate_.time() <= std::chrono::nanoseconds(0)) return;
    ++out_;
    last_ = steady_clock::now();
    if (!looking_ && gate_.open()) start();
}

void Lookout::ended() noexcept {
    if (gate_.time() <= std::chrono::nanoseconds(0)) return;
    const auto now = steady_clock::now();
    --out_;
    gate_.waited(now - std::exchange(last_, now));
    if (!looking_) {
        if (out_ > 0 && gate_.open()) start();
        return;
    }
    gate_.found();
    looked_ = std::chrono::nanoseconds(0);
}

void Lookout::start() {
    looking_ = true;
    last_round_ = last_;
    looked_ = std::chrono::nanoseconds(0);
    if (!posted_) post_round();
}

void Lookout::stop() noexcept {
    looking_ = false;
    if (watched_ != nullptr) watched_->look_away();
}

// A handler that is always there keeps Asio from blocking in the kernel.
void Lookout::post_round() {
    posted_ = true;
    boost::asio::post(loop_.io(), [self = self_] {
        if (*self != nullptr) (*self)->round();
    });
}

void Lookout::round() {
    posted_ = false;
    if (!looking_) return;
    if (watched_ != nullptr) watched_->look();
    if (!looking_) return;  // closed meanwhile
    if (out_ == 0) return stop();
    const auto now = steady_clock::now();
    looked_ +=
        std::min<std::chrono::nanoseconds>(now - std::exchange(last_round_, now), kLongestPoll);
    if (looked_ >= gate_.time()) {
        gate_.missed();
        return stop();
    }
    post_round();
}

}  // namespace troika::workers::detail
