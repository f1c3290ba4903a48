#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/builtin_routes.hpp>
#include <troika/app/detail/running.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/run_in.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/server/pipeline.hpp>
#include <troika/testing/client.hpp>
#include <troika/testing/detail/heard.hpp>
#include <troika/workers/zygote.hpp>

#include <nlohmann/json.hpp>

namespace troika::testing {

struct TestClient::State {
    State(void (*configure)(App&), std::vector<std::string> arguments, Clock* clock)
        : app("test", std::move(arguments)), loop({.clock = clock}) {
        configure(app);
        troika::detail::add_builtin_routes(app.state());
        const config::Outcome outcome =
            app.state().settings.load(app.state().arguments, app.state().environment, "");
        if (outcome.action != config::Outcome::Action::run)
            throw Error("the settings of the app under test: " + outcome.text);
        date.emplace(app.state().options.server.server_name);
        auto zygote = workers::Zygote::process_wide();
        if (zygote == nullptr)
            throw Error(
                "a TestClient needs the zygote: link troika::testing and leave main() to it");
        if (!app.state().preloads.empty()) zygote = zygote->fork_with(app.state().preloads);
        running.emplace(app, loop, std::move(zygote));
        try {
            loop.run(running->start());
        } catch (const std::exception&) {
            loop.run(
                running->stop(troika::detail::Running::Pending::give_up, std::chrono::seconds(2)));
            throw;
        }
        app.state().stop_switch.connect([this] { loop.post([this] { running->set_stopping(); }); });
    }
    ~State() {
        app.state().stop_switch.disconnect();
        loop.run(running->stop(troika::detail::Running::Pending::give_up, std::chrono::seconds(2)));
    }

    // Up to its response, whose body is not read yet.
    Task<Response> respond(detail::Said said, Request& request) {
        const ServerSettings& settings = app.state().options.server;
        const http::HeadLimits limits{settings.max_head, settings.max_fields,
                                      settings.max_request_line, settings.max_empty_lines};
        request.set_id_source(ids);
        const std::optional<http::Refusal> unheard = detail::say(said, limits, request);
        if (unheard) co_return http::problem(unheard->status, unheard->text, {});
        const http::Endpoint& endpoint = pipeline().resolve(request);
        request.parameters().clear();
        const std::size_t most = endpoint.limits.body.value_or(settings.max_body);
        const std::optional<http::Refusal> refused =
            detail::give_body(said, endpoint, most, request);
        if (refused) {
            const std::string text = std::string(refused->text) + ": this route takes " +
                                     std::to_string(most) + " bytes";
            co_return http::problem(refused->status, text, request.id());
        }
        const http::Pipeline whole = pipeline();
        Task<Response> responding = whole.respond(request, settings.handler_deadline);
        Response response = co_await std::move(responding);
        request.set_deadline(std::nullopt);
        co_return response;
    }
    Task<TestResponse> answer(detail::Said said) {
        Request request;
        Task<Response> responding = respond(std::move(said), request);
        Response response = co_await std::move(responding);
        detail::Heard heard(std::move(response), request, date_line());
        TestResponse whole{heard.status(), heard.headers(), {}};
        for (;;) {
            Task<std::optional<std::string>> next = heard.next();
            const std::optional<std::string> piece = co_await std::move(next);
            if (!piece) co_return whole;
            whole.body += *piece;
        }
    }
    http::Pipeline pipeline() {
        return http::Pipeline(running->resolve(), running->map_error(), &running->meter());
    }
    std::string_view date_line() { return date->current(loop.now()); }

    App app;
    EventLoop loop;
    http::RequestIdSource ids;
    std::optional<http::DateLine> date;
    std::optional<troika::detail::Running> running;
};

struct TestStream::State {
    State(EventLoop& loop_in) : loop(loop_in), scope(loop.root(), "test stream") {
        scope.set_context(&request);
    }

    Task<std::optional<std::string>> pull() {
        Task<std::optional<std::string>> next = heard->next();
        std::optional<std::string> piece;
        try {
            piece = co_await run_in(scope, next);
        } catch (const Cancelled&) {  // as told
        }
        if (!piece) heard->drop();
        co_return piece;
    }
    // What the server does for a client that is gone.
    Task<> finish() {
        Stream* const stream = heard->stream();
        if (stream == nullptr) co_return heard->drop();
        if (stream->endless() || http::cancels_when_gone(*endpoint, request.method()))
            scope.cancel(CancelReason::client_gone);
        const troika::detail::ScopeTimer timer(scope, limit);
        for (;;) {
            Task<std::optional<std::string>> next = pull();
            const std::optional<std::string> piece = co_await std::move(next);
            if (!piece || scope.cancelled()) break;
        }
        heard->drop();
    }

    EventLoop& loop;
    Request request;
    Scope scope;
    const http::Endpoint* endpoint = nullptr;
    std::chrono::milliseconds limit{};
    std::optional<detail::Heard> heard;  // goes before its request and its scope
};

TestStream::TestStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
TestStream::TestStream(TestStream&&) noexcept = default;
TestStream::~TestStream() = default;

Status TestStream::status() const noexcept { return state_->heard->status(); }
const Headers& TestStream::headers() const noexcept { return state_->heard->headers(); }
std::optional<std::string> TestStream::next() { return state_->loop.run(state_->pull()); }
void TestStream::close() { state_->loop.run(state_->finish()); }

void TestStream::drain() {
    Stream* const stream = state_->heard->stream();
    if (stream != nullptr && stream->endless()) state_->scope.cancel(CancelReason::shutdown);
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
    return state_->loop.run(state_->answer({method, target, {fields}, {std::move(body)}}));
}

TestResponse TestClient::post_pieces(std::string_view target, std::vector<std::string> pieces,
                                     Fields fields) {
    detail::Said said{http::Method::post, target, {fields}, std::move(pieces)};
    said.in_chunks = true;
    return state_->loop.run(state_->answer(std::move(said)));
}

TestStream TestClient::open(std::string_view target, Fields fields) {
    return open(http::Method::get, target, fields);
}

TestStream TestClient::open(http::Method method, std::string_view target, Fields fields,
                            std::string body) {
    auto stream = std::make_unique<TestStream::State>(state_->loop);
    Request& request = stream->request;
    detail::Said said{method, target, {fields}, {std::move(body)}};
    Response response = state_->loop.run(state_->respond(std::move(said), request));
    stream->heard.emplace(std::move(response), request, state_->date_line());
    if (stream->heard->stream() == nullptr) return TestStream(std::move(stream));
    stream->endpoint = &state_->pipeline().resolve(request);
    stream->limit = stream->endpoint->limits.deadline.value_or(
        state_->app.state().options.server.handler_deadline);
    return TestStream(std::move(stream));
}

}  // namespace troika::testing
