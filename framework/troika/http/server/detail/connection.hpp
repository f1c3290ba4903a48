#pragma once

#include <troika/async/suspension.hpp>
#include <troika/http/server/detail/server_core.hpp>

#include <string_view>

namespace troika::http::detail {

// One HTTP/1.x connection, driven by one coroutine; connection.cpp has the picture.
//
//   Lifetime      Lives in the frame of serve().
//   Threads       Event-loop thread only.
//   Errors        serve() throws nothing but Cancelled; trouble ends the connection.
//   Cancellation  A cancel of serve()'s scope closes at once; drain() and cancel_request() are gentle.
class Connection final : public PollTarget, private WheelEntry {
  public:
    static Task<> serve(ServerCore& core, UniqueFd socket, Peer peer);

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Ends as soon as nothing is under way: at once when idle.
    void drain() noexcept;
    // Cancels a request under way; returns its pattern, or nothing when there is none. Of one whose head
    // is still coming: "none".
    std::optional<std::string_view> cancel_request(CancelReason reason) noexcept;
    bool in_request() const noexcept { return exchange_ != nullptr && exchange_->active; }
    Connection* next() const noexcept { return next_; }
    // Since when nothing has come from the client and nothing is owed to it; nothing while something is.
    std::optional<Clock::TimePoint> idle_since() const noexcept;
    // Closes an idle connection, in turn. False: something has come meanwhile.
    bool make_way() noexcept;
    // There is more room among the buffered bodies, perhaps enough.
    void on_room() noexcept;
    // Its body waits for room and is refused, so that earlier ones find it.
    void give_up_body() noexcept;

  private:
    friend class ServerCore;
    friend class BodyStream;
    friend class UpgradedConnection;
    class Wait;
    class HandlerCall;
    class StreamPull;

    enum class Next : std::uint8_t { wait, take_turns, handle, receive, respond, linger, end };
    enum class Phase : std::uint8_t { idle, head, body, handler, writing, producing, lingering };
    enum Wish : std::uint8_t { want_readable = 1, want_writable = 2, want_room = 4 };

    Connection(ServerCore& core, UniqueFd socket, Peer peer, Scope& scope);
    ~Connection() override;

    // connection.cpp: what comes next
    Next advance();
    void start_deadline();
    bool prepare_to_wait();
    Next take_turns();
    Next wait_until_writable();
    void handler_suspended();

    // connection_request.cpp: from bytes to a request that can be handled
    Next parse();
    void drop_empty_lines(std::size_t bytes, std::size_t lines);
    void begin_to_answer() noexcept;
    Next begin_exchange();
    Next begin_body();

    // A client whose socket is always full must not keep the loop: after so many bytes others have their
    // turn.
    static constexpr std::size_t kTurn = 64 * 1024;
    static constexpr std::string_view kStopping = "the service is stopping";

    // connection_end.cpp: refused, too slow, gone, drained
    Next refuse(const Refusal& refusal);
    void give_up(const std::exception_ptr& error);
    void on_expired_wait();
    Task<> linger();
    void reset() noexcept;
    void client_gone() noexcept;
    bool finishes_alone() const noexcept;
    bool goes_on_unheard() noexcept;

    // connection_answer.cpp: from a handler's outcome to bytes
    void answer(const std::exception_ptr& error);
    void answer_with(Response response);
    void write_answer();
    bool can_skip_body() const noexcept;
    void end_exchange();
    void end_exchange(Clock::TimePoint now);
    Task<> respond();
    Task<> respond_upgrade(Upgrade& upgrade);  // upgraded_connection.cpp
    Task<> send_all();

    // connection_stream.cpp: answers that come piece by piece
    Task<> respond_stream(Stream& stream);
    void add_piece(std::string_view piece);
    Task<> respond_file(FileRange& range);
    Stream* endless_stream() const noexcept;
    void pull_suspended() noexcept;
    void expect_silence() noexcept;
    void on_silence() noexcept;

    // connection_body.cpp: request bodies
    enum class Decoded : std::uint8_t { more, done, refused };
    Decoded decode_available();
    bool is_room_for_body() const noexcept;
    bool take_room();
    std::uint64_t room_ahead() const noexcept;
    bool is_large_body() const noexcept;
    bool body_is_over() const noexcept { return closing_ || failed_ || exchange_->cut; }
    Task<> wait_for_room();
    bool gives_way() noexcept;
    void keep_piece(std::string_view piece);
    bool receive_into_body();
    Task<> receive_body();
    Clock::TimePoint extend_body_expiry() noexcept;
    void resume_deadline(Clock::TimePoint since) noexcept;
    Task<> wait_for_body_bytes();
    Task<> wait_for_stream_bytes();
    Task<> send_continue();
    void discard_available() noexcept;

    // connection_io.cpp: the socket
    void on_ready(std::uint32_t events) noexcept override;
    void on_due() noexcept override;
    void set_expiry(Clock::TimePoint expiry) noexcept;
    int untaken() const noexcept;
    void expect_progress() noexcept;  // write_timeout from now; after it reset_if_stuck()
    void reset_if_stuck() noexcept;
    void wake() noexcept;
    enum class Received : std::uint8_t { bytes, nothing, end };
    enum class Into : bool {
        shared_buffer,
        rest
    };  // the shared one only when nothing is left over
    Received receive(Into target = Into::shared_buffer, std::size_t most = ServerCore::kReadSize);
    void count_received(std::size_t length, std::size_t asked) noexcept;
    Turn next_turn() noexcept;
    void keep_rest();
    Bytes& out();
    bool flush() noexcept;
    bool has_unsent() const noexcept { return out_sent_ < out_.size() || !payload_.empty(); }

    ServerCore& core_;
    UniqueFd socket_;
    Scope& scope_;
    std::unique_ptr<Exchange> exchange_;
    Wait* waiter_ = nullptr;
    Connection* next_ = nullptr;
    Connection* previous_ = nullptr;

    std::string_view input_;  // unparsed: in the shared buffer, or in rest_ across any suspension
    Bytes rest_;
    Bytes out_;
    std::size_t out_sent_ = 0;
    std::size_t turn_ =
        0;  // bytes in and out, and their worth of other work, since its last turn began
    std::string_view payload_;  // goes out behind out_, not copied

    Clock::TimePoint expiry_;
    Clock::TimePoint armed_;
    Clock::TimePoint last_activity_;
    HeadScanner scanner_;
    Peer peer_;
    std::uint32_t requests_ = 0;
    int untaken_ = 0;  // when the wait for the peer to take more began
    Phase phase_ = Phase::idle;
    std::uint8_t wish_ = 0;
    bool readable_ = false;
    bool writable_ = true;
    bool peer_ended_ = false;  // FIN seen: reading goes on to the end
    bool expired_ = false;
    bool failed_ = false;   // nothing can be sent any more
    bool closing_ = false;  // no further request; then linger where the peer may still be sending
    bool lingers_ = false;
    bool made_way_ = false;      // for a client that waited at max_connections
    bool cut_ = false;           // by the end of a drain, in the middle of a head
    bool cut_short_ = false;     // the peer may still be sending what nobody will read
    bool discarding_ = false;    // the rest of a body nobody wanted
    bool behind_proxy_ = false;  // whose word about its clients is taken
};

// Waits until the connection can do what it wishes, its expiry passes, or it is drained; which of them is
// seen afterwards.
class Connection::Wait final : public Suspension {
  public:
    Wait(Connection& connection, std::uint8_t wish) noexcept
        : connection_(connection), wish_(wish) {}
    void await_resume() const { finish(); }
    void resume() noexcept { resume_now(); }
    void resume_in_turn() noexcept { resume_soon(); }

  private:
    bool start() override;
    void on_cancel() noexcept override;

    Connection& connection_;
    std::uint8_t wish_;
};

}  // namespace troika::http::detail
