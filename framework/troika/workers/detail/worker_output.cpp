#include <troika/workers/detail/worker_output.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace troika::workers::detail {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
// A child of the worker may hold the pipe and write for ever.
constexpr int kMostReads = 16;

}  // namespace

UniqueFd WorkerOutput::open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    UniqueFd theirs(ends[1]);
    // Only our end: a job's printf() must never see EAGAIN.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pipe_.assign(ends[0]);
    wait();
    return theirs;
}

void WorkerOutput::wait() {
    pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code ec) {
                         if (ec || self->listener_ == nullptr) return;
                         if (self->read_some()) self->wait();
                     });
}

// False: there is nothing more to come.
bool WorkerOutput::read_some() {
    std::array<char, kReadSize> bytes;
    const ssize_t count = ::read(pipe_.native_handle(), bytes.data(), bytes.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    take({bytes.data(), static_cast<std::size_t>(count)});
    return count > 0;
}

void WorkerOutput::drain() {
    if (!pipe_.is_open()) return;
    std::array<char, kReadSize> bytes;
    for (int i = 0; i < kMostReads; ++i) {
        const ssize_t count = ::read(pipe_.native_handle(), bytes.data(), bytes.size());
        if (count <= 0) return;
        take({bytes.data(), static_cast<std::size_t>(count)});
    }
}

void WorkerOutput::take(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::size_t room = kLongestLine - unfinished_.size();
        const std::size_t length = std::min({end, bytes.size(), room});
        unfinished_.append(bytes.substr(0, length));
        bytes.remove_prefix(length);
        const bool ended = !bytes.empty() && bytes.front() == '\n';
        if (ended) bytes.remove_prefix(1);
        if (!ended && unfinished_.size() < kLongestLine) return;
        deliver(unfinished_);
        unfinished_.clear();
    }
}

void WorkerOutput::deliver(std::string_view line) {
    if (line.empty() || listener_ == nullptr) return;
    if (lines_ >= kLinesPerSecond) {
        ++dropped_;
        return;
    }
    ++lines_;
    if (!pending()) loop_.timers().add(*this, loop_.now() + std::chrono::seconds(1));
    listener_->on_line(stream_, line);
}

void WorkerOutput::end_line() {
    deliver(unfinished_);
    unfinished_.clear();
}

void WorkerOutput::on_due() noexcept {
    lines_ = 0;
    const auto dropped = std::exchange(dropped_, 0);
    if (dropped > 0) deliver(std::to_string(dropped) + " more lines of this second are left out");
}

void WorkerOutput::close() {
    drain();
    loop_.timers().cancel(*this);
    on_due();
    end_line();
    loop_.timers().cancel(*this);
    listener_ = nullptr;
    boost::system::error_code ignored;  // closing cannot fail in a way that matters
    pipe_.close(ignored);
}

}  // namespace troika::workers::detail
