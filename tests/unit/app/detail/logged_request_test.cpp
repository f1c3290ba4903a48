#include "../support.hpp"

#include <troika/app/detail/logged_request.hpp>
#include <troika/testing/client.hpp>
#include <troika/workers/job_context.hpp>

#include <chrono>
#include <thread>

using namespace troika;
using namespace app_checks;
using namespace std::chrono_literals;

namespace {

struct WithProvider {
    WithProvider() { detail::add_request_fields_to_log(); }
    ~WithProvider() { log::set_context_provider(nullptr); }
};

Response tell(Request&) {
    log::warning("from the handler");
    return Response::no_content();
}

Response until_asked(const Request&) {
    while (!stop_requested()) {
    }
    return Response::no_content();
}

}  // namespace

TEST_CASE("lines of a thread name its request as long as it is answered there") {
    const WithProvider provider;
    const LogLines lines;
    Request request(Method::get, "/items/7");
    request.set_id("r-1");
    request.set_route("/items/{id}");
    {
        const detail::LoggedRequest logged(request);
        log::warning("during");
        std::thread([] { log::warning("beside"); }).join();
    }
    log::warning("afterwards");
    CHECK(lines.has("during request_id=r-1 route=/items/{id}"));
    CHECK(lines.has("beside"));
    CHECK(!lines.has("beside request_id"));
    CHECK(lines.has("afterwards"));
    CHECK(!lines.has("afterwards request_id"));
}

TEST_CASE("a request without a known route is named by its id alone") {
    const WithProvider provider;
    const LogLines lines;
    Request request(Method::get, "/");
    request.set_id("r-2");
    const detail::LoggedRequest logged(request);
    log::warning("early");
    CHECK(lines.has("early request_id=r-2"));
    CHECK(!lines.has("route="));
}

TEST_CASE("a handler on a thread logs under its request's id") {
    const WithProvider provider;
    testing::TestClient client([](App& app) { app.get("/tell", on_thread(tell)); });
    const LogLines lines;
    CHECK(client.get("/tell", {{"X-Request-Id", "r-3"}}).code() == 204);
    CHECK(lines.has("from the handler request_id=r-3"));
}

TEST_CASE("a client's trace id is in the lines, a wrong one is not") {
    const WithProvider provider;
    const LogLines lines;
    Request request(Method::get, "/items/7");
    request.set_id("r-4");
    request.headers().add("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    {
        const detail::LoggedRequest logged(request);
        log::warning("traced");
    }
    CHECK(lines.has("traced request_id=r-4 trace_id=0af7651916cd43dd8448eb211c80319c"));
    request.headers().set("Traceparent", "00-x");
    const detail::LoggedRequest logged(request);
    log::warning("untraced");
    CHECK(lines.has("untraced request_id=r-4"));
    CHECK(!lines.has("untraced request_id=r-4 trace_id"));
}

TEST_CASE("a job that passed its deadline is logged under its request's id, its caller's too") {
    const WithProvider provider;
    const auto ask = [](const char* id, void (*configure)(App&)) {
        testing::TestClient client(configure, {"--processes.processes", "1"});
        CHECK(client.get("/late", {{"X-Request-Id", id}}).code() == 504);
    };
    const LogLines lines;
    ask("r-5",
        [](App& app) { app.get("/late", on_process(until_asked), {.job = {.deadline = 20ms}}); });
    CHECK(
        lines.has("jobs passed their deadline pool=processes count=1 "
                  "last=job /late: not finished in 20 ms request_id=r-5 route=/late"));
    ask("r-6", [](App& app) { app.get("/late", on_process(until_asked), {.deadline = 20ms}); });
    CHECK(lines.has("last=job /late: its caller's deadline passed while it ran request_id=r-6"));
}
