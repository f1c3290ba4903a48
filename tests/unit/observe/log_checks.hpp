#pragma once

#include "json.hpp"

#include <troika/base/unique_fd.hpp>
#include <troika/observe/log.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <thread>

namespace log_checks {

namespace log = troika::log;
using troika::UniqueFd;

struct Pipe {
    Pipe() {
        std::array<int, 2> fds{};
        REQUIRE(::pipe2(fds.data(), O_CLOEXEC) == 0);
        read.reset(fds[0]);
        write.reset(fds[1]);
    }
    // To the last byte, so that a line has to wait.
    void fill() const {
        const int size = ::fcntl(write.get(), F_GETPIPE_SZ);
        std::string junk(static_cast<std::size_t>(size), '.');
        junk.back() = '\n';
        REQUIRE(::write(write.get(), junk.data(), junk.size()) == size);
    }
    // What is in the pipe now.
    std::string drain() const {
        std::string text;
        std::array<char, 65536> buffer{};
        pollfd ready{read.get(), POLLIN, 0};
        while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
            const auto count = ::read(read.get(), buffer.data(), buffer.size());
            if (count <= 0) break;
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return text;
    }
    UniqueFd read, write;
};

inline log::LogOptions to(int fd, log::Format format) {
    log::LogOptions options;
    options.fd = fd;
    options.format = format;
    return options;
}

// What one call writes.
template <typename F>
std::string written(log::Format format, F call) {
    const Pipe pipe;
    log::start(to(pipe.write.get(), format));
    call();
    log::stop();
    return pipe.drain();
}

inline std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace log_checks
