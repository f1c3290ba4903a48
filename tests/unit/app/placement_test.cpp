#include "json.hpp"

#include <troika/app/app.hpp>
#include <troika/testing/client.hpp>
#include <troika/workers/job_context.hpp>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <memory>
#include <thread>
#include <variant>

using namespace troika;

namespace {

std::string place() {
    std::ostringstream thread;
    thread << std::this_thread::get_id();
    return std::to_string(::getpid()) + " " + thread.str();
}

Task<Response> suspend(Request&) { co_return Response::text(place()); }
Response told_by_plain(Request&) { return Response::text(place()); }
Response told_by_compute(const Request&) { return Response::text(place()); }

struct Greeter {
    std::string greeting = "hello";
    Task<Response> later(Request&) { co_return Response::text(greeting); }
    Response now(Request&) { return Response::text(greeting); }
    Response shout(const Request&) const { return Response::text(greeting + "!"); }
};

template <typename Place>
bool is(const Placed& placed) {
    return std::holds_alternative<Place>(placed.handler());
}

}  // namespace

TEST_CASE("each word keeps its handler for its place") {
    CHECK(is<Placed::OnLoop>(on_loop(suspend)));
    CHECK(is<Placed::OnLoop>(on_loop(told_by_plain)));
    CHECK(is<Placed::OnThread>(on_thread(told_by_plain)));
    CHECK(is<Placed::OnThread>(on_thread(told_by_compute)));
    CHECK(is<Placed::OnProcess>(on_process(told_by_compute)));
    CHECK(is<Placed::OnProcess>(on_process([](const Request&) { return Response::no_content(); })));
}

TEST_CASE("a coroutine needs no word, because it has only one place") {
    const Placed function(suspend);
    CHECK(is<Placed::OnLoop>(function));
    const Placed lambda([](Request&) -> Task<Response> { co_return Response::no_content(); });
    CHECK(is<Placed::OnLoop>(lambda));
}

TEST_CASE(
    "loop handlers run on the caller's thread, thread handlers beside it, process handlers in "
    "another process") {
    testing::TestClient client(
        [](App& app) {
            app.get("/loop", on_loop(suspend));
            app.get("/plain", on_loop(told_by_plain));
            app.get("/thread", on_thread(told_by_plain));
            app.get("/process", on_process(told_by_compute));
        },
        {"--processes.processes", "1"});
    const std::string here = place();
    const std::string process = std::to_string(::getpid()) + " ";
    CHECK(client.get("/loop").body == here);
    CHECK(client.get("/plain").body == here);
    const std::string thread = client.get("/thread").body;
    CHECK(thread != here);
    CHECK(thread.starts_with(process));
    const testing::TestResponse worker = client.get("/process");
    CHECK(worker.code() == 200);
    CHECK(!worker.body.empty());
    CHECK(!worker.body.starts_with(process));
}

TEST_CASE("a member of an object, or of a shared one, is a handler") {
    testing::TestClient client([](App& app) {
        auto& made = app.make<Greeter>();
        made.greeting = "made";
        auto shared = std::make_shared<Greeter>();
        shared->greeting = "shared";
        app.get("/loop", on_loop(made, &Greeter::later));
        app.get("/loop/plain", on_loop(made, &Greeter::now));
        app.get("/thread", on_thread(made, &Greeter::now));
        app.get("/thread/const", on_thread(made, &Greeter::shout));
        app.get("/shared/loop", on_loop(shared, &Greeter::later));
        app.get("/shared/thread", on_thread(shared, &Greeter::now));
    });
    CHECK(client.get("/loop").body == "made");
    CHECK(client.get("/loop/plain").body == "made");
    CHECK(client.get("/thread").body == "made");
    CHECK(client.get("/thread/const").body == "made!");
    CHECK(client.get("/shared/loop").body == "shared");
    CHECK(client.get("/shared/thread").body == "shared");
}
