#pragma once

#include <troika/app/app.hpp>
#include <troika/http/message/headers.hpp>
#include <troika/http/message/method.hpp>
#include <troika/http/message/status.hpp>

#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troika {
class Clock;
class EventLoop;
}  // namespace troika

namespace troika::testing {

// An answer with its whole body, streams and files read to their end, as a client of the server sees it: no body
// behind HEAD, 204 and 304, and the fields that the server writes, Content-Length and Date among them.
struct TestResponse {
    Status status;
    Headers headers;
    std::string body;

    int code() const noexcept { return http::to_int(status); }
    const std::string& text() const noexcept { return body; }
    nlohmann::json json() const;
    // Empty where there is no such field.
    std::string header(std::string_view name) const;
};

// An answer that is read piece by piece, in the client's time. Without heartbeats, which are no piece.
//
//   Lifetime      Ends before its TestClient.
class TestStream final {
  public:
    TestStream(TestStream&&) noexcept;
    ~TestStream();

    Status status() const noexcept;
    const Headers& headers() const noexcept;
    // Runs the app until there is a piece; nothing at the end. Throws what the stream throws, and Error for one
    // that breaks its length(): the server cuts the connection.
    std::optional<std::string> next();
    // The client goes away: what produces the answer is cancelled with client_gone and cleans up, or runs to its
    // end where the route's OnClientGone says so.
    void close();
    // The service begins to drain: an endless answer is told to end; next() gives what still comes.
    void drain();

  private:
    friend class TestClient;
    struct State;
    explicit TestStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Drives an App in this process without a socket: every request goes through the head parser and the pipeline of
// the real server (routes, limits of its route, error boundary, threads, worker processes), every answer through
// what writes heads; what is malformed is refused. Starts the App in its constructor and stops it in its
// destructor.
//
//     TestClient client(hello::configure, {"--log.level", "warning"});
//     const auto response = client.get("/hello/ada");
//     CHECK(response.code() == 200);
//
//   Threads       One thread, like the service. Needs troika::testing::main, which forks the zygote
//                 before the first test.
//   Errors        The constructor throws what start threw, and Error for wrong arguments.
class TestClient final {
  public:
    using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // `clock` null: real time. With a VirtualClock, waiting for an answer lets its time jump.
    explicit TestClient(void (*configure)(App&), std::vector<std::string> arguments = {},
                        Clock* clock = nullptr);
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;
    ~TestClient();

    TestResponse get(std::string_view target, Fields fields = {});
    TestResponse post(std::string_view target, std::string body, Fields fields = {});
    TestResponse put(std::string_view target, std::string body, Fields fields = {});
    TestResponse del(std::string_view target, Fields fields = {});
    TestResponse request(http::Method method, std::string_view target, Fields fields = {},
                         std::string body = {});

    // The answer as it comes. A body that is bytes or a file comes in one piece.
    TestStream open(std::string_view target, Fields fields = {});
    TestStream open(http::Method method, std::string_view target, Fields fields = {},
                    std::string body = {});
    // A body that arrives in these chunks, for routes that stream it.
    TestResponse post_pieces(std::string_view target, std::vector<std::string> pieces,
                             Fields fields = {});

    App& app() noexcept;
    EventLoop& loop() noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace troika::testing
