#include "../support.hpp"

#include <troika/app/detail/logged_request.hpp>
#include <troika/testing/client.hpp>

#include <thread>

using namespace troika;
using namespace app_checks;

namespace {

struct WithProvider {
    WithProvider() { detail::add_request_fields_to_log(); }
    ~WithProvider() { log::set_context_provider(nullptr); }
};

Response tell(Request&) {
    log::warning("from the handler");
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
