#include "probe.hpp"

#include "bounded.hpp"
#include "counted_bytes.hpp"
#include "work.hpp"

#include <troika/app/app.hpp>
#include <troika/async/sleep.hpp>
#include <troika/data/json.hpp>
#include <troika/http/message/event_stream.hpp>
#include <troika/http/message/ndjson.hpp>

#include <boost/describe/class.hpp>

#include <charconv>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

namespace probe {

using troika::on_loop;
using troika::on_process;
using troika::on_thread;
using troika::Request;
using troika::Response;
using troika::Task;

struct Settings {
    bool allow_crash = false;
};
BOOST_DESCRIBE_STRUCT(Settings, (), (allow_crash))

struct Message {
    std::string message;
};
BOOST_DESCRIBE_STRUCT(Message, (), (message))

namespace {

constexpr std::chrono::seconds kDeadline{90};
constexpr std::size_t kLongestEcho = std::size_t{64} << 20;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr double kMostSeconds = 60;

constexpr std::string_view kOverview =
    "GET  /                      this text\n"
    "GET  /empty                 204\n"
    "GET  /plaintext             Hello, World!\n"
    "GET  /json                  the same as JSON\n"
    "POST /echo                  body and content type back, to 64 MiB\n"
    "GET  /delay/{seconds}       suspends on the loop, to 60, fractions allowed\n"
    "GET  /block/{milliseconds}  sleeps on a thread, to 60000\n"
    "GET  /burn/{milliseconds}   computes in a worker process, to 60000 of processor time\n"
    "GET  /bytes/{count}         that many bytes, to 1073741824 (1 GiB)\n"
    "POST /consume              counts a body as it arrives, to 1 GiB\n"
    "GET  /events/{milliseconds} server-sent events, one each so many milliseconds\n"
    "GET  /lines/{count}         that many lines of JSON\n"
    "GET  /throw                 a job that throws: 500\n"
    "GET  /crash/{signal}        a worker raises it, by name or number; only with\n"
    "                            --probe.allow_crash true\n";

Response overview(const Request&) { return Response::literal(kOverview); }

Response empty(const Request&) { return Response::no_content(); }

Response plaintext(const Request&) { return Response::literal("Hello, World!"); }

Response json(const Request&) {
    return Response::bytes(troika::data::to_json(Message{"Hello, World!"}), "application/json");
}

Response echo(Request& request) {
    const std::string type(request.header("content-type").value_or("application/octet-stream"));
    if (troika::Bytes* const bytes = request.body().bytes())
        return Response::bytes(std::move(*bytes), type);
    return Response::bytes(std::string(request.bytes()), type);
}

Task<Response> delay(Request& request) {
    const std::chrono::duration<double> wanted(bounded_fraction(request, "seconds", kMostSeconds));
    const auto duration = std::chrono::duration_cast<std::chrono::nanoseconds>(wanted);
    co_await troika::sleep_for(duration);
    co_return Response::text("suspended for " + std::string(request.parameter("seconds")) +
                             " s on the loop\n");
}

Response block(const Request& request) {
    const std::uint64_t milliseconds = bounded(request, "milliseconds", kMostMilliseconds);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return Response::text("blocked a thread for " + std::to_string(milliseconds) + " ms\n");
}

Response bytes(const Request& request) {
    const std::uint64_t count = bounded(request, "count", kMostBytes);
    return Response::stream(std::make_unique<CountedBytes>(count), "application/octet-stream");
}

Task<Response> consume(Request& request) {
    std::uint64_t count = 0;
    while (true) {
        const auto piece = co_await request.stream().next();
        if (!piece) break;
        count += piece->size();
    }
    co_return Response::text(std::to_string(count) + "\n");
}

troika::Flow<troika::http::ServerEvent> ticks(std::chrono::milliseconds every, std::uint64_t next) {
    while (true) {
        co_await troika::sleep_for(every);
        const std::string number = std::to_string(next++);
        co_yield troika::http::ServerEvent("tick " + number).with_id(number);
    }
}

// Goes on behind the Last-Event-ID of a client that was there before.
Task<Response> events(Request& request) {
    const std::uint64_t every = bounded(request, "milliseconds", kMostMilliseconds);
    const std::string_view last = troika::http::last_event_id(request);
    std::uint64_t number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    co_return troika::http::events(ticks(std::chrono::milliseconds(every), number + 1));
}

troika::Flow<Message> messages(std::uint64_t count) {
    Message message;
    for (std::uint64_t i = 1; i <= count; ++i) {
        message.message = std::to_string(i);
        co_yield message;
    }
}

Task<Response> lines(Request& request) {
    co_return troika::http::ndjson(messages(bounded(request, "count", kMostBytes)));
}

}  // namespace

void configure(troika::App& app) {
    const auto& settings = app.settings<Settings>(
        "probe",
        {{"allow_crash", "whether GET /crash/{signal} is there: it ends worker processes"}});
    troika::RouteOptions options;
    options.deadline = kDeadline;
    troika::RouteOptions large_body = options;
    large_body.max_body = kLongestEcho;

    app.get("/", on_loop(overview), options);
    app.get("/empty", on_loop(empty), options);
    app.get("/plaintext", on_loop(plaintext), options);
    app.get("/json", on_loop(json), options);
    app.post("/echo", on_loop(echo), large_body);
    app.get("/delay/{seconds}", on_loop(delay), options);
    app.get("/block/{milliseconds}", on_thread(block), options);
    app.get("/burn/{milliseconds}", on_process(burn), options);
    app.get("/bytes/{count}", on_loop(bytes), options);
    troika::RouteOptions streamed = options;
    streamed.max_body = kMostBytes;
    streamed.stream_body = true;
    app.post("/consume", on_loop(consume), streamed);
    app.get("/events/{milliseconds}", on_loop(events), options);
    app.get("/lines/{count}", on_loop(lines), options);
    app.get("/throw", on_process(throw_error), options);
    if (settings.allow_crash) app.get("/crash/{signal}", on_process(crash), options);
}

}  // namespace probe
