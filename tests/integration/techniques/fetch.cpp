#include "fetch.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/use_task.hpp>
#include <troika/base/error.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>

namespace troika::testing {

namespace asio = boost::asio;

Task<std::string> fetch(std::uint16_t port, std::string target) {
    asio::ip::tcp::socket socket(current_scope()->loop().io());
    const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
    co_await socket.async_connect(server, use_task);
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const auto head = asio::buffer(request);
    co_await socket.async_write_some(head, use_task);  // as small as it is, all of it
    std::string answer;
    for (bool open = true; open;) {
        constexpr std::size_t kPiece = 16 * 1024;
        const std::size_t used = answer.size();
        answer.resize(used + kPiece);
        const auto room = asio::buffer(answer.data() + used, kPiece);
        const auto [error, count] = co_await socket.async_read_some(room, use_task_as_tuple);
        answer.resize(used + count);
        if (error && error != asio::error::eof) throw IoError(error, "GET " + target);
        open = !error;
    }
    if (!answer.starts_with("HTTP/1.1 200"))
        throw Error("GET " + target + ": " + answer.substr(9, 3));
    answer.erase(0, answer.find("\r\n\r\n") + 4);
    co_return answer;
}

}  // namespace troika::testing
