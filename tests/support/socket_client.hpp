#pragma once

#include <troika/base/unique_fd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troika::testing {

// One answer, byte for byte.
struct Reply {
    int status = 0;    // 0: none came
    std::string head;  // status line and fields, up to the blank line
    std::string body;
    bool complete = false;

    std::optional<std::string> header(std::string_view name) const;
    bool closes() const { return header("connection") == "close"; }
};

// A plain blocking socket: no library, no retries, nothing hidden.
class SocketClient final {
  public:
    enum class Ending { none, end, reset, refused };

    explicit SocketClient(std::uint16_t port);

    bool connected() const noexcept { return ending_ != Ending::refused; }
    // False when the other side is gone.
    bool send(std::string_view bytes);
    // "GET /ping" with Host and the further fields, each with its CR LF.
    bool get(std::string_view target, std::string_view fields = "");
    bool post(std::string_view target, std::string_view body, std::string_view fields = "");
    Reply read_reply();
    // What has come, or comes next, in pieces of any size; empty when nothing comes any more.
    std::string read_piece();
    // Reads until the other side ends the connection; `rest` gets the bytes.
    Ending wait_end(std::string* rest = nullptr);
    Ending ending() const noexcept { return ending_; }
    void close() noexcept { socket_.close(); }
    void shutdown_write() noexcept;

  private:
    bool read_more();

    UniqueFd socket_;
    std::string buffer_;
    Ending ending_ = Ending::none;
};

// One request on a connection of its own.
Reply get(std::uint16_t port, std::string_view target, std::string_view fields = "");
Reply post(std::uint16_t port, std::string_view target, std::string_view body);

}  // namespace troika::testing
