#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/turn_queue.hpp>
#include <troika/async/wheel.hpp>
#include <troika/http/message/bytes.hpp>
#include <troika/http/server/detail/address_count.hpp>
#include <troika/http/server/detail/body_budget.hpp>
#include <troika/http/server/detail/exchange.hpp>
#include <troika/http/server/detail/lag_watch.hpp>
#include <troika/http/server/detail/poller.hpp>
#include <troika/http/server/observer.hpp>
#include <troika/http/server/options.hpp>
#include <troika/http/server/pipeline.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troika::http::detail {

class Connection;

// What all connections of one server share.
class ServerCore final {
  public:
    static constexpr std::size_t kReadSize = 64 * 1024;

    ServerCore(EventLoop& loop, Pipeline pipeline, const ServerOptions& options,
               Observer& observer);
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;

    EventLoop& loop;
    const Pipeline pipeline;
    ServerOptions options;
    Observer& observer;
    Poller poller;
    TurnQueue turns;  // of those that move many bytes
    RequestIdSource ids;
    DateLine date;
    TaskGroup connections;
    BodyBudget bodies;

    AddressCount addresses;
    std::size_t max_connections;   // of all listeners
    std::size_t in_request = 0;    // connections between a complete head and the end of its answer
    bool closing_answers = false;  // every answer says Connection: close
    bool draining = false;

    // The one buffer every connection reads into; empty of meaning between two reads.
    char* read_buffer() noexcept { return read_buffer_.get(); }

    std::unique_ptr<Exchange> take_exchange();
    void give_back(std::unique_ptr<Exchange> exchange) noexcept;
    Bytes take_buffer() noexcept;
    void give_back(Bytes buffer) noexcept;

    // Room among the bodies has become free. Those that wait for it are told in the order of their
    // coming.
    void tell_of_room() noexcept;
    void wait_for_room(Connection& connection);
    // Every body that has room waits for more: bodies in chunks, which promise no end, can do that.
    bool bodies_are_stuck() const noexcept;
    // Refuses, of the bodies in chunks that wait with room in their hands, the one whose request came
    // last, so that the earlier ones can end. Null: there is none.
    Connection* give_up_latest() noexcept;
    void stop_waiting_for_room(Connection& connection) noexcept;

    void add(Connection& connection) noexcept;
    void remove(Connection& connection) noexcept;
    Connection* first() const noexcept { return first_; }

    // Whether a request that begins now is too much.
    bool sheds() noexcept {
        const bool many = options.max_in_flight > 0 && in_request > options.max_in_flight;
        const bool late = options.max_lag.count() > 0 && is_late();
        return many || late;
    }
    // Answers 503 instead of the endpoint that was asked for.
    const Endpoint& shed() noexcept;

    // Closes the longest idle connections, at most `wanted`; gives how many.
    std::size_t close_idle(std::size_t wanted) noexcept;

    // Counted from accept to the end of the connection's task.
    void opened() noexcept;
    void closed() noexcept;
    std::size_t open() const noexcept { return open_; }
    UniqueFunction<void()> on_closed;

  private:
    std::unique_ptr<char[]> read_buffer_;
    std::vector<std::unique_ptr<Exchange>> exchanges_;
    std::vector<Bytes> buffers_;
    std::vector<Connection*> waiting_for_room_;
    bool is_late() noexcept;

    Connection* first_ = nullptr;
    std::size_t open_ = 0;
    LagWatch lag_;
    Endpoint shed_;
};

}  // namespace troika::http::detail
