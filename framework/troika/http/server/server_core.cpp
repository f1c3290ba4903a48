#include <troika/http/message/problem.hpp>
#include <troika/http/server/detail/connection.hpp>
#include <troika/http/server/detail/server_core.hpp>

#include <algorithm>
#include <array>

namespace troika::http::detail {

namespace {
constexpr std::size_t kClosedAtOnce = 16;        // idle connections
constexpr std::size_t kPooled = 64;              // exchanges and buffers kept for the next request
constexpr std::size_t kKeptBuffer = 256 * 1024;  // larger ones are freed
}  // namespace

ServerCore::ServerCore(EventLoop& loop_in, Pipeline pipeline_in, const ServerOptions& options_in,
                       Observer& observer_in)
    : loop(loop_in),
      pipeline(std::move(pipeline_in)),
      options(options_in),
      observer(observer_in),
      poller(loop_in),
      turns(loop_in),
      date(options_in.server_name),
      connections(loop_in.root(), "connections", {TaskGroupOptions::OnFailure::keep_going}),
      bodies(options_in.max_buffered_bytes),
      max_connections(options_in.max_connections),
      read_buffer_(new char[kReadSize]),
      lag_(loop_in) {
    shed_.pattern = "(shed)";
    shed_.body = BodyMode::none;
    shed_.handler = [](Request& request) -> Task<Response> {
        Response response =
            problem(Status::service_unavailable, "too much to do at the moment", request.id());
        response.headers().add("retry-after", "1");
        co_return response;
    };
    exchanges_.reserve(kPooled);
    buffers_.reserve(kPooled);
}

std::unique_ptr<Exchange> ServerCore::take_exchange() {
    if (exchanges_.empty()) return std::make_unique<Exchange>();
    std::unique_ptr<Exchange> exchange = std::move(exchanges_.back());
    exchanges_.pop_back();
    return exchange;
}

void ServerCore::give_back(std::unique_ptr<Exchange> exchange) noexcept {
    if (exchanges_.size() < kPooled) exchanges_.push_back(std::move(exchange));
}

Bytes ServerCore::take_buffer() noexcept {
    if (buffers_.empty()) return {};
    Bytes buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
}

void ServerCore::give_back(Bytes buffer) noexcept {
    buffer.clear(kKeptBuffer);
    if (buffers_.size() < kPooled && buffer.capacity() > 0) buffers_.push_back(std::move(buffer));
}

const Endpoint& ServerCore::shed() noexcept {
    const bool many = options.max_in_flight > 0 && in_request > options.max_in_flight;
    observer.on_limit(many ? Limit::in_flight : Limit::lag);
    return shed_;
}

bool ServerCore::is_late() noexcept { return lag_.look() > options.max_lag; }

void ServerCore::wait_for_room(Connection& connection) {
    const auto came_earlier = [](const Connection* one, const Connection* other) {
        return one->exchange_->began < other->exchange_->began;
    };
    waiting_for_room_.insert(std::upper_bound(waiting_for_room_.begin(), waiting_for_room_.end(),
                                              &connection, came_earlier),
                             &connection);
}

bool ServerCore::bodies_are_stuck() const noexcept {
    std::uint64_t held = 0;
    for (const Connection* const waiting : waiting_for_room_) {
        if (waiting->exchange_->given_up) return false;  // its room is about to come back
        held += waiting->exchange_->share.held;
    }
    return held > 0 && held == bodies.used();
}

Connection* ServerCore::give_up_latest() noexcept {
    // One at a time: what it holds may be enough.
    for (Connection* const waiting : waiting_for_room_) {
        if (waiting->exchange_->given_up) return waiting;
    }
    for (auto at = waiting_for_room_.rbegin(); at != waiting_for_room_.rend(); ++at) {
        const Exchange& exchange = *(*at)->exchange_;
        if (!exchange.share.in_chunks || exchange.share.held == 0) continue;
        (*at)->give_up_body();
        return *at;
    }
    return nullptr;
}

void ServerCore::tell_of_room() noexcept {
    for (Connection* const waiting : waiting_for_room_) waiting->on_room();
}

void ServerCore::stop_waiting_for_room(Connection& connection) noexcept {
    std::erase(waiting_for_room_, &connection);
}

void ServerCore::add(Connection& connection) noexcept {
    connection.next_ = first_;
    connection.previous_ = nullptr;
    if (first_ != nullptr) first_->previous_ = &connection;
    first_ = &connection;
}

void ServerCore::remove(Connection& connection) noexcept {
    (connection.previous_ != nullptr ? connection.previous_->next_ : first_) = connection.next_;
    if (connection.next_ != nullptr) connection.next_->previous_ = connection.previous_;
}

std::size_t ServerCore::close_idle(std::size_t wanted) noexcept {
    // Several with one look at all of them: clients may come faster than that could be done for each.
    std::array<Connection*, kClosedAtOnce> longest{};
    wanted = std::min(wanted, longest.size());
    std::size_t found = 0;
    const Clock::TimePoint latest = loop.now() - options.idle_when_full;
    for (Connection* at = first_; at != nullptr; at = at->next()) {
        const auto since = at->idle_since();
        if (!since || *since > latest) continue;
        if (found == wanted && *since > longest[found - 1]->last_activity_) continue;
        if (found < wanted) ++found;
        std::size_t place = found - 1;
        for (; place > 0 && longest[place - 1]->last_activity_ > *since; --place)
            longest[place] = longest[place - 1];
        longest[place] = at;
    }
    return static_cast<std::size_t>(
        std::count_if(longest.begin(), longest.begin() + static_cast<std::ptrdiff_t>(found),
                      [](Connection* idle) { return idle->make_way(); }));
}

void ServerCore::opened() noexcept {
    ++open_;
    observer.on_connection_opened();
}

void ServerCore::closed() noexcept {
    --open_;
    observer.on_connection_closed();
    if (on_closed) on_closed();
}

}  // namespace troika::http::detail
