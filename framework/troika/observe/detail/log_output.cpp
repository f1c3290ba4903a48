#include <troika/observe/detail/log_output.hpp>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace troika::log::detail {

LogOutput::LogOutput(int fd) : fd_(fd), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    struct stat about{};
    if (::fstat(fd, &about) != 0) return;
    if (S_ISSOCK(about.st_mode)) kind_ = Kind::socket;
    if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return;
    kind_ = Kind::pipe;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    own_.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!own_) return;
    kind_ = Kind::own_pipe;
    fd_ = own_.get();
}

long LogOutput::try_write(std::string_view piece) const {
    if (kind_ == Kind::socket)
        return ::send(fd_, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (kind_ == Kind::pipe) {
        pollfd room{fd_, POLLOUT, 0};
        if (::poll(&room, 1, 0) == 0) {
            errno = EAGAIN;
            return -1;
        }
        piece = piece.substr(0, PIPE_BUF);
    }
    return ::write(fd_, piece.data(), piece.size());
}

bool LogOutput::wait_writable(std::chrono::steady_clock::time_point until) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> events{{{fd_, POLLOUT, 0}, {wake_.get(), POLLIN, 0}}};
    const int timeout = static_cast<int>(std::min<long>(left.count(), 60'000));
    if (::poll(events.data(), events.size(), timeout) < 0) return errno == EINTR;
    return events[1].revents == 0;
}

bool LogOutput::write(std::string_view line, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    std::string repaired;
    if (line_open_) {
        repaired.reserve(line.size() + 1);
        repaired.push_back('\n');
        repaired.append(line);
        line = repaired;
    }
    while (!line.empty()) {
        const long written = try_write(line);
        if (written > 0) {
            line_open_ = line[static_cast<std::size_t>(written) - 1] != '\n';
            line.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            if (!wait_writable(until)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void LogOutput::give_up() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

}  // namespace troika::log::detail
