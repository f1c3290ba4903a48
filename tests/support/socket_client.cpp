#include "socket_client.hpp"

#include "eventually.hpp"

#include <troika/base/error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

namespace troika::testing {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

}  // namespace

std::optional<std::string> Reply::header(std::string_view name) const {
    const std::string wanted = "\r\n" + lower(name) + ": ";
    const auto at = lower(head).find(wanted);
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + wanted.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

SocketClient::SocketClient(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (!socket_) throw_errno("make a client socket");
    const timeval limit{.tv_sec = kBound.count(), .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        if (errno != ECONNREFUSED && errno != ECONNRESET) throw_errno("connect to the service");
        ending_ = Ending::refused;
    }
}

bool SocketClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool SocketClient::get(std::string_view target, std::string_view fields) {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
                "\r\n");
}

bool SocketClient::post(std::string_view target, std::string_view body, std::string_view fields) {
    return send("POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n") &&
           send(body);
}

bool SocketClient::read_more() {
    if (ending_ != Ending::none) return false;
    char piece[64 * 1024];
    ssize_t got = -1;
    do {
        got = ::recv(socket_.get(), piece, sizeof piece, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        buffer_.append(piece, static_cast<std::size_t>(got));
        return true;
    }
    if (got == 0) ending_ = Ending::end;
    if (got < 0 && errno == ECONNRESET) ending_ = Ending::reset;
    return false;  // Ending::none: the bound has passed
}

Reply SocketClient::read_reply() {
    Reply reply;
    std::size_t head_end = std::string::npos;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more()) {
            reply.body = std::move(buffer_);
            buffer_.clear();
            return reply;
        }
    }
    reply.head = buffer_.substr(0, head_end + 2);
    buffer_.erase(0, head_end + 4);
    reply.status = std::stoi(reply.head.substr(reply.head.find(' ')));
    const auto length = reply.header("content-length");
    const bool chunked = reply.header("transfer-encoding") == "chunked";
    const bool bodiless = reply.status == 204 || reply.status == 304 || reply.status < 200;
    const auto whole = [&]() -> std::size_t {
        if (bodiless) return 0;
        if (length) return std::stoull(*length);
        const auto last = buffer_.find("0\r\n\r\n");  // bodies of these tests have no such text
        return chunked && last != std::string::npos ? last + 5 : std::string::npos;
    };
    while (whole() > buffer_.size() && read_more()) {
    }
    const std::size_t size = whole();
    reply.complete = size <= buffer_.size() || (!length && !chunked && ending_ == Ending::end);
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, reply.body.size());
    return reply;
}

std::string SocketClient::read_piece() {
    if (buffer_.empty()) read_more();
    return std::exchange(buffer_, std::string());
}

SocketClient::Ending SocketClient::wait_end(std::string* rest) {
    while (read_more()) {
    }
    if (rest != nullptr) *rest = buffer_;
    return ending_;
}

void SocketClient::shutdown_write() noexcept { ::shutdown(socket_.get(), SHUT_WR); }

Reply get(std::uint16_t port, std::string_view target, std::string_view fields) {
    SocketClient client(port);
    if (!client.get(target, fields)) return {};
    return client.read_reply();
}

Reply post(std::uint16_t port, std::string_view target, std::string_view body) {
    SocketClient client(port);
    if (!client.post(target, body)) return {};
    return client.read_reply();
}

}  // namespace troika::testing
