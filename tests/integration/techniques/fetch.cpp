#include "fetch.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/use_task.hpp>
#include <troika/base/error.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace troika::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;

Task<std::string> fetch(std::uint16_t port, std::string target) {
    asio::ip::tcp::socket socket(current_scope()->loop().io());
    const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
    co_await socket.async_connect(server, use_task);
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "localhost");
    request.keep_alive(false);
    co_await http::async_write(socket, request, use_task);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(socket, buffer, response, use_task);
    if (response.result() != http::status::ok) {
        throw Error("GET " + target + ": " + std::to_string(response.result_int()));
    }
    co_return std::move(response.body());
}

}  // namespace troika::testing
