#include <troika/workers/detail/mailbox.hpp>

#include <cstring>

namespace troika::workers::detail {
namespace {

bool travels_alone(const Parcel& parcel) noexcept {
    return parcel.head.memory_file() < 0 && parcel.body.memory_file() < 0 && parcel.shared.empty();
}

}  // namespace

bool Mailbox::deliver(const FrameHeader& header, const Parcel& parcel) noexcept {
    // Acquire: what was read of the last frame was read before this one is written.
    if (state_.load(std::memory_order_acquire) != State::looking) return false;
    const std::string_view head = parcel.head.bytes();
    const std::string_view body = parcel.body.bytes();
    if (!travels_alone(parcel) || head.size() > kRoom || body.size() > kRoom - head.size())
        return false;
    header_ = header;
    header_.head_size = head.size();
    header_.body_size = body.size();
    head.copy(bytes_.data(), head.size());
    body.copy(bytes_.data() + head.size(), body.size());
    State expected = State::looking;
    return state_.compare_exchange_strong(expected, State::delivered, std::memory_order_acq_rel);
}

ReceiveResult Mailbox::take(std::size_t largest) const {
    FrameHeader header;
    std::memcpy(&header, &header_, sizeof header);  // once: it may change while it is looked at
    if (header.head_size > kRoom || header.body_size > kRoom - header.head_size) {
        ReceiveResult result;
        result.status = Received::garbage;
        result.problem = "a frame larger than its mailbox";
        return result;
    }
    return read_frame(header, {bytes_.data(), header.head_size + header.body_size}, largest);
}

}  // namespace troika::workers::detail
