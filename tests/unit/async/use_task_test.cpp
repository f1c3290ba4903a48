#include <troika/async/asio_bridge.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/use_task.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

namespace {

struct Pair {
    explicit Pair(EventLoop& loop) : left(loop.io()), right(loop.io()) {
        asio::local::connect_pair(left, right);
    }
    Socket left;
    Socket right;
};

Task<std::string> read_four(Socket& socket) {
    std::string text(4, '\0');
    const auto buffer = asio::buffer(text);
    co_await asio::async_read(socket, buffer, use_task);
    co_return text;
}

Task<std::string> send_and_receive(Pair& pair) {
    const std::string text = "ping";
    const auto buffer = asio::buffer(text);
    co_await asio::async_write(pair.left, buffer, use_task);
    Task<std::string> reading = read_four(pair.right);
    co_return co_await std::move(reading);
}

}  // namespace

TEST_CASE("Asio operations are awaited with use_task and give their result") {
    EventLoop loop;
    Pair pair(loop);
    CHECK(loop.run(send_and_receive(pair)) == "ping");
}

TEST_CASE("a code is thrown as IoError by use_task and told by use_task_as_tuple") {
    EventLoop loop;
    Pair pair(loop);
    pair.left.close();
    CHECK_THROWS_AS(loop.run(read_four(pair.right)), IoError);
    auto tell = [](Socket& socket) -> Task<boost::system::error_code> {
        char byte = 0;
        const auto buffer = asio::buffer(&byte, 1);
        const auto [ec, n] = co_await socket.async_read_some(buffer, use_task_as_tuple);
        CHECK(n == 0);
        co_return ec;
    };
    CHECK(loop.run(tell(pair.right)) == asio::error::eof);
}

TEST_CASE("a cancel reaches an Asio operation and becomes Cancelled, not an error code") {
    EventLoop loop;
    Pair pair(loop);
    CHECK_THROWS_AS(loop.run(with_timeout(5ms, read_four(pair.right))), TimeoutError);
    CHECK(pair.right.is_open());
}

TEST_CASE("an abort because somebody closed the socket stays an ordinary error") {
    EventLoop loop;
    Pair pair(loop);
    auto close_later = [](Socket& socket) -> Task<> {
        co_await sleep_for(1ms);
        socket.close();
    };
    auto both = [&](Pair& sockets) -> Task<> {
        TaskGroup group("both");
        group.spawn("close", close_later(sockets.right));
        bool told = false;
        try {
            co_await read_four(sockets.right);
        } catch (const IoError& error) {
            told = error.code() == asio::error::operation_aborted;
        }
        CHECK(told);
        co_await group.join();
    };
    loop.run(both(pair));
}

TEST_CASE("an asio awaitable runs inside a task and its exception arrives") {
    EventLoop loop;
    auto foreign = [](int value) -> asio::awaitable<int> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
        co_await timer.async_wait(asio::use_awaitable);
        if (value < 0) throw std::runtime_error("negative");
        co_return value * 2;
    };
    CHECK(loop.run(from_asio(foreign(21))) == 42);
    CHECK_THROWS_AS(loop.run(from_asio(foreign(-1))), std::runtime_error);
}

TEST_CASE("a cancel reaches into an asio awaitable") {
    EventLoop loop;
    auto forever = []() -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        co_await timer.async_wait(asio::use_awaitable);
    };
    CHECK_THROWS_AS(loop.run(with_timeout(2ms, from_asio(forever()))), TimeoutError);
}

TEST_CASE("a task runs inside an asio awaitable") {
    EventLoop loop;
    auto task = [](int value) -> Task<int> {
        co_await sleep_for(1ms);
        co_return value + 1;
    };
    auto foreign = [&](TaskGroup& group) -> asio::awaitable<int> {
        co_return co_await to_asio(group, task(41));
    };
    auto whole = [&]() -> Task<int> {
        TaskGroup group("asio children");
        const int result = co_await from_asio(foreign(group));
        co_await group.join();
        co_return result;
    };
    CHECK(loop.run(whole()) == 42);
}
