#include "../support.hpp"
#include "json.hpp"

#include <troika/app/detail/placed_endpoint.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/server/pipeline.hpp>
#include <troika/testing/client.hpp>
#include <troika/workers/job_context.hpp>

#include <future>
#include <stdexcept>

using namespace troika;
using namespace app_checks;
using testing::TestResponse;
using namespace std::chrono_literals;

namespace {

Response describe(const Request& request) {
    nlohmann::json seen;
    seen["method"] = http::to_string(request.method());
    seen["target"] = request.target();
    seen["id"] = request.parameter("id");
    seen["rest"] = request.parameter("rest");
    seen["query"] = request.query("q").value_or("none");
    seen["request_id"] = request.id();
    seen["x-many"] = request.headers().count("x-many");
    seen["size"] = request.body().size();
    seen["peer"] = request.peer().address();
    return Response::json(seen);
}
Response echo(const Request& request) {
    return Response::bytes(std::string(request.bytes()), "application/octet-stream");
}
Response fields(const Request& request) {
    Response response = Response::no_content();
    response.headers().add("Set-Cookie", "a=1");
    response.headers().add("Set-Cookie", "b=2");
    response.headers().add("X-Binary", *request.header("x-binary"));
    return response;
}
Response teapot(const Request&) {
    throw HttpError(static_cast<Status>(418), "short and stout")
        .with_type("teapot")
        .with_header("Retry-After", "7");
}
Response secret(const Request&) { throw std::runtime_error("the password is 1234"); }

Response loop_until_asked(const Request&) {
    while (!stop_requested()) {
    }
    return Response::no_content();
}

template <typename Word>
void routes(App& app, const std::string& place, Word word) {
    app.put(place + "/describe/{id}/{rest*}", word(describe));
    app.post(place + "/echo", word(echo), {.max_body = 8 * 1024 * 1024});
    app.get(place + "/fields", word(fields));
    app.get(place + "/teapot", word(teapot));
    app.get(place + "/secret", word(secret));
}
using Function = Response (*)(const Request&);
void three_places(App& app) {
    routes(app, "/loop", [](Function handler) { return on_loop(handler); });
    routes(app, "/thread", [](Function handler) { return on_thread(handler); });
    routes(app, "/process", [](Function handler) { return on_process(handler); });
}

const std::vector<std::string> kArguments{"--processes.processes", "1", "--log.level", "off"};
const std::vector<std::string> kPlaces{"/loop", "/thread", "/process"};

// What the handler gave: not when it was answered, nor the id by which threads and workers log.
std::vector<std::pair<std::string, std::string>> list(const Headers& headers) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto field : headers) {
        if (field.name == "date" || field.name == "x-request-id") continue;
        pairs.emplace_back(field.name, field.value);
    }
    return pairs;
}

// The same request in all three places, whose answers must be equal; gives that answer.
template <typename Ask>
TestResponse same(Ask ask) {
    TestResponse first = ask(kPlaces.front());
    for (const std::string& place : kPlaces) {
        INFO(place);
        const TestResponse answer = ask(place);
        CHECK(answer.code() == first.code());
        CHECK(list(answer.headers) == list(first.headers));
        CHECK((answer.body == first.body));  // not printed: megabytes
    }
    return first;
}

std::string binary(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    return bytes;
}

}  // namespace

TEST_CASE("a process route may limit the run of its handler apart from the request") {
    const auto configure = [](App& app) {
        app.get("/late", on_process(loop_until_asked), {.job = {.deadline = 20ms}});
    };
    testing::TestClient client(configure, kArguments);
    const auto answer = client.get("/late");
    CHECK(answer.code() == 504);
}

TEST_CASE("bodies of every size come back the same from loop, thread and process") {
    testing::TestClient client(three_places, kArguments);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{1024 * 1024}, std::size_t{5 * 1024 * 1024}}) {
        const std::string body = binary(size);
        const auto answer =
            same([&](const std::string& p) { return client.post(p + "/echo", body); });
        CHECK(answer.code() == 200);
        CHECK((answer.body == body));
    }
}

TEST_CASE(
    "a handler sees method, target, parameters, query, fields and id the same in each place") {
    testing::TestClient client(three_places, kArguments);
    for (const std::string& place : kPlaces) {
        INFO(place);
        const std::string target = place + "/describe/a%2Fb%20c/x/y?q=1%262";
        const TestResponse answer = client.put(
            target, "12345", {{"X-Request-Id", "abc-7"}, {"X-Many", "1"}, {"X-Many", "2"}});
        REQUIRE(answer.code() == 200);
        const nlohmann::json seen = answer.json();
        CHECK(seen["method"] == "PUT");
        CHECK(seen["target"] == target);
        CHECK(seen["id"] == "a/b c");
        CHECK(seen["rest"] == "x/y");
        CHECK(seen["query"] == "1&2");
        CHECK(seen["request_id"] == "abc-7");
        CHECK(seen["x-many"] == 2);
        CHECK(seen["size"] == 5);
        CHECK(seen["peer"] == "local");
    }
}

TEST_CASE("204, repeated Set-Cookie and binary field values are the same from each place") {
    testing::TestClient client(three_places, kArguments);
    const auto answer = same([&](const std::string& place) {
        return client.get(place + "/fields", {{"X-Binary", "\xff\x80 \xc3\xa4\t!"}});
    });
    CHECK(answer.code() == 204);
    CHECK(answer.body.empty());
    CHECK(answer.headers.count("set-cookie") == 2);
    CHECK(answer.header("x-binary") == "\xff\x80 \xc3\xa4\t!");
}

TEST_CASE("an HttpError keeps its status, type, text and fields from each place") {
    testing::TestClient client(three_places, kArguments);
    const auto answer = same([&](const std::string& place) {
        return client.get(place + "/teapot", {{"X-Request-Id", "tea"}});
    });
    CHECK(answer.code() == 418);
    CHECK(answer.header("retry-after") == "7");
    CHECK(answer.header("content-type") == "application/problem+json");
    CHECK(answer.json()["type"] == "urn:problem:teapot");
    CHECK(answer.json()["detail"] == "short and stout");
    CHECK(answer.json()["request_id"] == "tea");
}

TEST_CASE("another exception's text is kept from the client and told to the log, in each place") {
    const LogLines log;
    testing::TestClient client(three_places, kArguments);
    const auto answer = same([&](const std::string& place) {
        return client.get(place + "/secret", {{"X-Request-Id", "hush"}});
    });
    CHECK(answer.code() == 500);
    CHECK(answer.body.find("password") == std::string::npos);
    CHECK(answer.json()["request_id"] == "hush");
    for (const std::string& place : kPlaces)
        CHECK(log.has("a handler failed route=" + place + "/secret method=GET request_id=hush"));
    CHECK(log.has("the password is 1234"));
}

namespace {

struct Ending {
    int code = 0;
    Request request;
};

Task<int> respond(const http::Pipeline& pipeline, Request& request) {
    pipeline.resolve(request);
    const Response response = co_await pipeline.respond(request, std::chrono::seconds(30));
    co_return http::to_int(response.status());
}

// What the server still asks of a request when it writes the answer.
Ending ask(App& app, Method method, const char* target) {
    InMotion motion(app);
    motion.start();
    const http::Pipeline pipeline(motion.running.resolve(), motion.running.map_error());
    Ending ending{0, Request(method, target)};
    ending.request.headers().add("X-Request-Id", "kept");
    ending.code = motion.loop.run(respond(pipeline, ending.request));
    return ending;
}

std::promise<void> release;  // NOLINT: what a thread of the test below waits for

}  // namespace

TEST_CASE("a request keeps its method, fields and id when its handler on a thread throws") {
    App app("test");
    app.get("/secret", on_thread(secret));
    const Ending ending = ask(app, Method::head, "/secret?x=1");
    CHECK(ending.code == 500);
    CHECK(ending.request.method() == Method::head);
    CHECK(ending.request.target() == "/secret?x=1");
    CHECK(ending.request.header("x-request-id") == "kept");
    CHECK(ending.request.id() == "kept");
}

TEST_CASE("a thread handler's answer is given up at its deadline while the thread runs on") {
    App app("test");
    release = {};
    app.post("/slow", on_thread([](Request&) {
                 release.get_future().wait();
                 return Response::no_content();
             }),
             {.deadline = std::chrono::milliseconds(20)});
    InMotion motion(app);
    motion.start();
    const http::Pipeline pipeline(motion.running.resolve(), motion.running.map_error());
    Ending given_up{0, Request(Method::post, "/slow")};
    given_up.code = motion.loop.run(respond(pipeline, given_up.request));
    CHECK(given_up.code == 504);
    CHECK(given_up.request.method() == Method::post);
    app.state().collect_metrics();
    CHECK(app.metrics().render().find("troika_thread_pool_abandoned{pool=\"threads\"} 1") !=
          std::string::npos);
    release.set_value();
}
