#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/builtin_routes.hpp>
#include <troika/app/detail/running.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/run_in.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/server/pipeline.hpp>
#include <troika/testing/client.hpp>
#include <troika/workers/zygote.hpp>

#include <unistd.h>

#include <nlohmann/json.hpp>

namespace troika::testing {

namespace {

// As the server buffers it: large bodies of endpoints that want it so lie in a memory file.
http::RequestBody body_for(const http::Endpoint& endpoint, const std::string& body) {
    constexpr std::size_t kThreshold = 1024 * 1024;
    if (endpoint.body != http::BodyMode::memory_file || body.size() <= kThreshold)
        return http::RequestBody(http::Bytes(body));
    http::MemoryFile file("test-body");
    file.append(body);
    file.seal();
    return http::RequestBody(std::move(file));
}

struct Pieces final : Stream {
    explicit Pieces(std::vector<std::string> all) : all_(std::move(all)) {}
    Task<std::optional<std::string_view>> next() override {
        if (at_ == all_.size()) co_return std::nullopt;
        co_return all_[at_++];
    }
    std::vector<std::string> all_;
    std::size_t at_ = 0;
};

std::string read(const http::FileRange& range) {
    std::string bytes(range.length, '\0');
    const ssize_t n =
        ::pread(range.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(range.offset));
    if (n != static_cast<ssize_t>(bytes.size())) throw_errno("read a response file");
    return bytes;
}

Task<TestResponse> collect(Response response) {
    TestResponse whole{response.status(), std::move(response.headers()), {}};
    if (auto* const stream = std::get_if<std::unique_ptr<Stream>>(&response.body())) {
        for (;;) {
            const std::optional<std::string_view> piece = co_await (*stream)->next();
            if (!piece) break;
            whole.body += *piece;
        }
    } else if (auto* const file = std::get_if<http::FileRange>(&response.body())) {
        whole.body = read(*file);
    } else {
        whole.body = response.body_view();
    }
    co_return whole;
}

}  // namespace

struct TestClient::State {
    State(void (*configure)(App&), std::vector<std::string> arguments, Clock* clock)
        : app("test", std::move(arguments)), loop({.clock = clock}) {
        configure(app);
        detail::add_builtin_routes(app.state());
        const config::Outcome outcome =
            app.state().settings.load(app.state().arguments, app.state().environment, "");
        if (outcome.action != config::Outcome::Action::run)
            throw Error("the settings of the app under test: " + outcome.text);
        auto zygote = workers::Zygote::process_wide();
        if (zygote == nullptr)
            throw Error(
                "a TestClient needs the zygote: link troika::testing and leave main() to it");
        if (!app.state().preloads.empty()) zygote = zygote->fork_with(app.state().preloads);
        running.emplace(app, loop, std::move(zygote));
        try {
            loop.run(running->start());
        } catch (const std::exception&) {
            loop.run(running->stop(detail::Running::Pending::give_up, std::chrono::seconds(2)));
            throw;
        }
        app.state().stop_switch.connect([this] { loop.post([this] { running->set_stopping(); }); });
    }
    ~State() {
        app.state().stop_switch.disconnect();
        loop.run(running->stop(detail::Running::Pending::give_up, std::chrono::seconds(2)));
    }

    Request make(http::Method method, std::string_view target, Fields fields) {
        Request request(method, target);
        request.set_id_source(ids);
        request.headers().add("Host", "test");
        for (const auto& [name, value] : fields) request.headers().add(name, value);
        return request;
    }

    // Without reading what the answer streams.
    Task<Response> respond(Request& request, std::vector<std::string> pieces) {
        const ServerSettings& settings = app.state().options.server;
        const http::Pipeline pipeline(running->resolve(), running->map_error(), &running->meter());
        const http::Endpoint& endpoint = pipeline.resolve(request);
        request.parameters().clear();
        std::size_t size = 0;
        for (const std::string& piece : pieces) size += piece.size();
        if (size > endpoint.limits.body.value_or(settings.max_body)) {
            co_return http::problem(Status::content_too_large,
                                    "The body is longer than this route allows.", request.id());
        }
        if (endpoint.body == http::BodyMode::stream) {
            request.body() = http::RequestBody(std::make_unique<Pieces>(std::move(pieces)));
        } else if (size > 0) {
            std::string body;
            for (const std::string& piece : pieces) body += piece;
            request.body() = body_for(endpoint, body);
        }
        Response response = co_await pipeline.respond(request, settings.handler_deadline);
        request.set_deadline(std::nullopt);
        co_return response;
    }
    Task<TestResponse> answer(Request& request, std::vector<std::string> pieces) {
        Response response = co_await respond(request, std::move(pieces));
        co_return co_await collect(std::move(response));
    }

    App app;
    EventLoop loop;
    http::RequestIdSource ids;
    std::optional<detail::Running> running;
};

struct TestStream::State {
    State(EventLoop& loop_in, Request request_in)
        : loop(loop_in), request(std::move(request_in)), scope(loop.root(), "test stream") {}

    Task<std::optional<std::string>> pull() {
        if (done) co_return std::nullopt;
        auto* const stream = std::get_if<std::unique_ptr<Stream>>(&response->body());
        if (stream == nullptr) {
            done = true;
            auto* const file = std::get_if<http::FileRange>(&response->body());
            co_return file != nullptr ? read(*file) : std::string(response->body_view());
        }
        Task<std::optional<std::string_view>> next = (*stream)->next();
        std::optional<std::string_view> piece;
        try {
            piece = co_await run_in(scope, next);
        } catch (const Cancelled&) {  // as told
        }
        done = !piece;
        if (done) co_return std::nullopt;
        co_return std::string(*piece);
    }
    bool endless() const {
        const auto* const stream = std::get_if<std::unique_ptr<Stream>>(&response->body());
        return stream != nullptr && (*stream)->endless();
    }

    EventLoop& loop;
    Request request;
    Scope scope;
    std::optional<Response> response;  // before its request and its scope
    bool done = false;
};

TestStream::TestStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
TestStream::TestStream(TestStream&&) noexcept = default;
TestStream::~TestStream() = default;

Status TestStream::status() const noexcept { return state_->response->status(); }
const Headers& TestStream::headers() const noexcept { return state_->response->headers(); }
std::optional<std::string> TestStream::next() { return state_->loop.run(state_->pull()); }

void TestStream::close() {
    state_->scope.cancel(CancelReason::client_gone);
    (void)next();
    state_->done = true;
    state_->response->body() = std::monostate{};
}

void TestStream::drain() {
    if (state_->endless()) state_->scope.cancel(CancelReason::shutdown);
}

nlohmann::json TestResponse::json() const { return nlohmann::json::parse(body); }

std::string TestResponse::header(std::string_view name) const {
    return std::string(headers.get(name).value_or(""));
}

TestClient::TestClient(void (*configure)(App&), std::vector<std::string> arguments, Clock* clock)
    : state_(std::make_unique<State>(configure, std::move(arguments), clock)) {}

TestClient::~TestClient() = default;

App& TestClient::app() noexcept { return state_->app; }
EventLoop& TestClient::loop() noexcept { return state_->loop; }

TestResponse TestClient::get(std::string_view target, Fields fields) {
    return request(http::Method::get, target, fields);
}
TestResponse TestClient::post(std::string_view target, std::string body, Fields fields) {
    return request(http::Method::post, target, fields, std::move(body));
}
TestResponse TestClient::put(std::string_view target, std::string body, Fields fields) {
    return request(http::Method::put, target, fields, std::move(body));
}
TestResponse TestClient::del(std::string_view target, Fields fields) {
    return request(http::Method::delete_, target, fields);
}

TestResponse TestClient::request(http::Method method, std::string_view target, Fields fields,
                                 std::string body) {
    Request request = state_->make(method, target, fields);
    return state_->loop.run(state_->answer(request, {std::move(body)}));
}

TestResponse TestClient::post_pieces(std::string_view target, std::vector<std::string> pieces,
                                     Fields fields) {
    Request request = state_->make(http::Method::post, target, fields);
    return state_->loop.run(state_->answer(request, std::move(pieces)));
}

TestStream TestClient::open(std::string_view target, Fields fields) {
    auto stream = std::make_unique<TestStream::State>(
        state_->loop, state_->make(http::Method::get, target, fields));
    stream->response.emplace(state_->loop.run(state_->respond(stream->request, {})));
    return TestStream(std::move(stream));
}

}  // namespace troika::testing
