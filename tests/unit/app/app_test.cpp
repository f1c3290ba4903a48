#include "support.hpp"

#include <troika/app/detail/builtin_routes.hpp>
#include <troika/testing/client.hpp>

#include <boost/describe/class.hpp>

using namespace troika;
using namespace app_checks;

namespace {

struct ShopSettings {
    int shelves = 3;
    std::string currency = "EUR";
};
BOOST_DESCRIBE_STRUCT(ShopSettings, (), (shelves, currency))

std::vector<std::string> events;  // NOLINT: what happened to the objects of a test, in order

struct Plain {
    explicit Plain(std::string name) : name_(std::move(name)) {}
    ~Plain() { events.push_back("gone " + name_); }
    void start() { events.push_back("start " + name_); }
    void stop() { events.push_back("stop " + name_); }
    std::string name_;
};
struct Suspending {
    ~Suspending() { events.push_back("gone suspending"); }
    Task<> start() {
        events.push_back("start suspending");
        co_return;
    }
    Task<> stop() {
        events.push_back("stop suspending");
        co_return;
    }
};
struct Silent {
    ~Silent() { events.push_back("gone silent"); }
};

Task<Response> nothing(Request&) { co_return Response::no_content(); }
Response compute(const Request&) { return Response::no_content(); }
Response block(Request&) { return Response::no_content(); }

Task<> note(std::string what) {
    events.push_back(std::move(what));
    co_return;
}

}  // namespace

TEST_CASE("a settings section has its defaults overlaid by environment and flags") {
    App app("shop", {"--shop.shelves", "7"}, {{"TROIKA_SHOP__CURRENCY", "CHF"}});
    const auto& shop = app.settings<ShopSettings>(
        "shop", {{"shelves", "how many shelves"}, {"currency", "what prices are in"}});
    App::State& state = app.state();
    const auto outcome = state.settings.load(state.arguments, state.environment, "");
    CHECK(outcome.action == config::Outcome::Action::run);
    CHECK(shop.shelves == 7);
    CHECK(shop.currency == "CHF");
    CHECK(app.name() == "shop");
}

TEST_CASE("wrong settings are reported together, also those of sections declared later") {
    App app("shop", {"--shop.shelves", "many", "--server.address", "localhost"});
    app.settings<ShopSettings>("shop", {{"shelves", "how many"}, {"currency", "which"}});
    App::State& state = app.state();
    const auto outcome = state.settings.load(state.arguments, {}, "");
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.text.find("shop.shelves") != std::string::npos);
    App other("shop", {"--server.address", "localhost"});
    const auto rule = other.state().settings.load(other.state().arguments, {}, "");
    CHECK(rule.exit_code == 2);
    CHECK(rule.text.find("expected an IP address (127.0.0.1: this machine only") !=
          std::string::npos);
}

TEST_CASE("every setting of the framework has its section, with a line of help") {
    App app("shop");
    const std::string help = app.config().help("");
    for (const char* flag : {"--server.port", "--threads.queue_wait", "--processes.stop_grace",
                             "--shutdown.drain_timeout", "--log.level", "--healthcheck"})
        CHECK(help.find(flag) != std::string::npos);
}

TEST_CASE("objects start in order, stop in reverse order and are destroyed in reverse order") {
    events.clear();
    {
        testing::TestClient client([](App& app) {
            app.make<Plain>("one");
            app.make<Silent>();
            app.make<Suspending>();
            app.on_start([] { return note("start hook"); });
            app.on_stop([] { return note("stop hook"); });
            app.make<Plain>("two");
        });
        CHECK(events ==
              std::vector<std::string>{"start one", "start suspending", "start hook", "start two"});
        events.clear();
    }
    CHECK(events == std::vector<std::string>{"stop two", "stop hook", "stop suspending", "stop one",
                                             "gone two", "gone suspending", "gone silent",
                                             "gone one"});
}

TEST_CASE("two routes of one shape are refused, naming both") {
    App app("shop");
    app.get("/items/{id}", nothing);
    app.post("/items/{id}", nothing);
    const std::string error = error_of([&] { app.get("/items/{name}", nothing); });
    CHECK(error.find("/items/{id}") != std::string::npos);
    CHECK(error.find("/items/{name}") != std::string::npos);
}

TEST_CASE("a route that takes a built-in path is refused, naming it") {
    App app("shop");
    app.get("/readyz", nothing);
    const std::string error = error_of([&] { detail::add_builtin_routes(app.state()); });
    CHECK(error.find("/readyz") != std::string::npos);
}

TEST_CASE("a malformed pattern is refused, saying why") {
    App app("shop");
    const std::string error = error_of([&] { app.get("items", nothing); });
    CHECK(error.find("begins with '/'") != std::string::npos);
}

TEST_CASE("only a handler on the loop may read its body as it arrives") {
    App app("shop");
    CHECK(error_of([&] { app.post("/loop", on_loop(nothing), {.stream_body = true}); }).empty());
    for (const bool thread : {true, false}) {
        const std::string error = error_of([&] {
            app.post("/upload", thread ? on_thread(block) : on_process(compute),
                     {.stream_body = true});
        });
        CHECK(error.find("route /upload: only a handler on the loop") != std::string::npos);
    }
}

TEST_CASE(
    "route options reach the endpoint, and process routes take large bodies as memory files") {
    App app("shop");
    app.put("/items", on_process(compute),
            {.deadline = std::chrono::milliseconds(250),
             .max_body = 5,
             .on_client_gone = http::OnClientGone::finish});
    app.patch("/items", on_thread(block));
    const auto& routes = app.state().routes;
    REQUIRE(routes.size() == 2);
    CHECK(routes[0].endpoint->pattern == "/items");
    CHECK(routes[0].endpoint->limits.deadline == std::chrono::milliseconds(250));
    CHECK(routes[0].endpoint->limits.body == 5U);
    CHECK(routes[0].endpoint->on_client_gone == http::OnClientGone::finish);
    CHECK(routes[0].endpoint->body == http::BodyMode::memory_file);
    CHECK(routes[1].endpoint->body == http::BodyMode::buffered);
}

TEST_CASE("a pool's name is its own among threads and processes, and not a default pool's") {
    App app("shop");
    app.thread_pool("slow", {});
    CHECK(error_of([&] { app.thread_pool("slow", {}); }).find("'slow'") != std::string::npos);
    CHECK(error_of([&] { app.process_pool("slow", {}); }).find("'slow'") != std::string::npos);
    CHECK(error_of([&] { app.thread_pool("processes", {}); }).find("settings") !=
          std::string::npos);
    CHECK(error_of([&] { app.process_pool("", {}); }).find("needs a name") != std::string::npos);
}
