#include "fixture_routes.hpp"

#include <troika/app/app.hpp>
#include <troika/async/event.hpp>
#include <troika/async/sleep.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/file_response.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/job_context.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace fixture {

using troika::on_loop;
using troika::on_process;
using troika::on_thread;
using troika::Request;
using troika::Response;
using troika::Status;
using troika::Task;
using namespace std::chrono_literals;

namespace {

constexpr auto kLook = 5ms;  // between two looks at a gate
constexpr std::size_t kLargeBody = std::size_t{64} << 20;

std::string enter(const Request& request) {
    const std::string gate = request.query("gate").value_or("no-gate");
    std::ofstream(gate + "." + std::to_string(::getpid())) << "waits";
    return gate;
}

void pause_thread() { ::poll(nullptr, 0, static_cast<int>(kLook.count())); }

Response released() { return Response::text("released by the gate\n"); }

Response ping(const Request&) { return Response::literal("pong\n"); }

Task<Response> wait_on_loop(Request& request) {
    const std::string gate = enter(request);
    while (!std::filesystem::exists(gate)) co_await troika::sleep_for(kLook);
    co_return released();
}

Response wait_blocking(const Request& request) {
    const std::string gate = enter(request);
    while (!std::filesystem::exists(gate)) {
        if (troika::stop_requested()) throw troika::Stopped("asked to stop");
        pause_thread();
    }
    return released();
}

Response never(const Request& request) {
    enter(request);
    for (;;) pause_thread();
}

Task<Response> for_ever(Request&) {
    troika::Event nobody_sets;
    co_await nobody_sets.wait();
    co_return Response();
}

class EndlessStream final : public troika::Stream {
  public:
    Task<std::optional<std::string_view>> next() override {
        if (std::exchange(begun_, true)) co_await nobody_sets_.wait();
        co_return "the beginning\n";
    }

  private:
    bool begun_ = false;
    troika::Event nobody_sets_;
};

Task<Response> stream(Request&) {
    co_return Response::stream(std::make_unique<EndlessStream>(), "text/plain");
}

class Holder final {
  public:
    Task<Response> hold(Request&) {
        co_await released_.wait();
        co_return released();
    }
    Task<Response> release(Request&) {
        released_.set();
        co_return Response::no_content();
    }

  private:
    troika::Event released_;
};

// What tests/.../three_places_test.cpp compares.
Response same_handler(const Request& request) {
    const std::string_view what = request.parameter("what");
    if (what == "echo")
        return Response::bytes(std::string(request.bytes()),
                               request.header("content-type").value_or("text/plain"));
    if (what == "http_error")
        throw troika::HttpError(Status::conflict, "the public text, with \"quotes\" and \xc3\xa4")
            .with_type("test-conflict")
            .with_header("retry-after", "7");
    if (what == "error") throw std::runtime_error("an inner secret");
    if (what == "no_content") return Response::no_content();
    if (what == "cookies") {
        Response response = Response::text("three cookies\n", Status::created);
        for (const char* cookie : {"a=1; Path=/", "b=2", "a=3"})
            response.headers().add("set-cookie", cookie);
        return response;
    }
    if (what == "binary") {
        Response response = Response::text("fields\n");
        response.headers().add("x-given", request.header("x-binary").value_or("none"));
        response.headers().add("x-made", "\x80\xff\t\xfe.");
        return response;
    }
    if (what == "log") {
        troika::log::warning("a line of the handler", {{"bytes", request.bytes().size()}});
        return Response::no_content();
    }
    if (what == "request")
        return Response::text(std::string(request.target()) + "|" +
                              request.query("q").value_or("none") + "|" +
                              std::string(request.id()) + "|" + std::string(request.host()) + "\n");
    throw troika::HttpError(Status::not_found, "no such test");
}

Response popen_status(const Request&) {
    std::FILE* const pipe = ::popen("exit 3", "r");
    const int status = pipe != nullptr ? ::pclose(pipe) : -1;
    const bool normal = status != -1 && WIFEXITED(status);
    return Response::text(normal ? std::to_string(WEXITSTATUS(status)) : "no status");
}

// On the loop, so that what threads do for it is read ahead alone.
Task<Response> file(Request& request) {
    co_return troika::http::file_response(request, std::string(request.query("path").value_or("")),
                                          "application/octet-stream");
}

Response descriptors(const Request&) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) troika::throw_errno("ask for a limit");
    return Response::text(std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max));
}

Response make_orphan(const Request&) {
    const int status = std::system("(sleep 0.05 &)");
    return Response::text(std::to_string(status));
}

}  // namespace

void add_routes(troika::App& app) {
    app.get("/ping", on_loop(ping));
    app.get("/loop/wait", on_loop(wait_on_loop));
    app.get("/thread/wait", on_thread(wait_blocking));
    app.get("/process/wait", on_process(wait_blocking));
    app.get("/loop/block", on_loop(wait_blocking));
    app.get("/loop/for_ever", on_loop(for_ever));
    app.get("/stream", on_loop(stream));
    app.get("/thread/for_ever", on_thread(never));
    app.get("/process/for_ever", on_process(never), {.deadline = 300ms});
    auto& holder = app.make<Holder>();
    app.get("/hold", on_loop(holder, &Holder::hold));
    app.post("/release", on_loop(holder, &Holder::release));
    app.get("/file", on_loop(file));
    app.get("/process/descriptors", on_process(descriptors));
    app.get("/popen", on_thread(popen_status));
    app.get("/orphan", on_thread(make_orphan));
    for (const auto method : {troika::http::Method::get, troika::http::Method::post}) {
        const troika::RouteOptions large{.max_body = kLargeBody};
        app.route(method, "/at/loop/{what}", on_loop(same_handler), large);
        app.route(method, "/at/thread/{what}", on_thread(same_handler), large);
        app.route(method, "/at/process/{what}", on_process(same_handler), large);
    }
}

}  // namespace fixture
