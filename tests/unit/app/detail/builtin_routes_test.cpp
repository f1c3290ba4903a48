#include "../support.hpp"
#include "json.hpp"
#include "metrics_text.hpp"

#include <troika/async/sleep.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/testing/client.hpp>

#include <algorithm>
#include <map>

using namespace troika;
using namespace app_checks;

namespace {

void a_route_in_each_place(App& app) {
    app.get("/here", [](Request&) -> Task<Response> { co_return Response::no_content(); });
    app.get("/thread", on_thread([](Request&) { return Response::no_content(); }));
    app.get("/process", on_process([](const Request&) { return Response::no_content(); }));
    app.metrics().counter("shop_sales_total", "Sales.", {{"kind", "a\"b"}}).add(4);
}

}  // namespace

TEST_CASE("/livez is alive and /readyz ready while the service runs") {
    testing::TestClient client(a_route_in_each_place);
    CHECK(client.get("/livez").code() == 200);
    CHECK(client.get("/livez").body == "alive\n");
    CHECK(client.get("/process").code() == 204);  // from now on there is a worker
    const testing::TestResponse ready = client.get("/readyz");
    CHECK(ready.code() == 200);
    CHECK(ready.json() == nlohmann::json{{"status", "ready"}});
}

TEST_CASE("/readyz gives the reason with a 503") {
    testing::TestClient client(a_route_in_each_place);
    client.app().state().not_ready = [] { return std::optional<std::string>("the moon is full"); };
    const testing::TestResponse ready = client.get("/readyz");
    CHECK(ready.code() == 503);
    CHECK(ready.json() == nlohmann::json{{"status", "not ready"}, {"reason", "the moon is full"}});
    client.app().state().not_ready = nullptr;
    CHECK(client.get("/readyz").json()["reason"] == "not started");
    CHECK(client.get("/livez").code() == 200);
}

TEST_CASE("/livez gives the reason with a 503 once only a restart helps") {
    testing::TestClient client(a_route_in_each_place);
    client.app().state().not_alive = [] { return std::optional<std::string>("all are gone"); };
    const testing::TestResponse live = client.get("/livez");
    CHECK(live.code() == 503);
    CHECK(live.json() == nlohmann::json{{"status", "not alive"}, {"reason", "all are gone"}});
    client.app().state().not_alive = nullptr;
    CHECK(client.get("/livez").code() == 200);
}

TEST_CASE("/metrics is a well-formed exposition with the service's and the pools' figures") {
    testing::TestClient client(a_route_in_each_place,
                               {"--threads.threads", "2", "--processes.processes", "1"});
    for (int i = 0; i < 3; ++i) CHECK(client.get("/thread").code() == 204);
    const testing::TestResponse answer = client.get("/metrics");
    CHECK(answer.code() == 200);
    CHECK(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(testing::flaws_of_metrics(answer.body) == std::vector<std::string>());
    const auto found = testing::samples_of_metrics(answer.body);
    CHECK(found.at("shop_sales_total{kind=\"a\\\"b\"}") == 4);
    CHECK(found.at("troika_pool_size{pool=\"threads\"}") == 2);
    CHECK(found.at("troika_pool_size{pool=\"processes\"}") == 1);
    CHECK(found.at("troika_pool_jobs_total{outcome=\"finished\",pool=\"threads\"}") == 3);
    CHECK(found.contains("troika_worker_ready{pool=\"processes\"}"));
    const testing::TestResponse again = client.get("/metrics");
    CHECK(testing::flaws_of_metrics(again.body) == std::vector<std::string>());
    CHECK(testing::samples_of_metrics(again.body)
              .at("troika_pool_jobs_total{outcome=\"finished\",pool=\"threads\"}") == 3);
}

TEST_CASE("the live tasks are shown where the service asked for it, and only there") {
    testing::TestClient closed(a_route_in_each_place);
    CHECK(closed.get("/debug/tasks").code() == 404);
    testing::TestClient client([](App& app) {
        a_route_in_each_place(app);
        app.debug_tasks("/inside/tasks");
        app.background("poller", []() -> Task<> { co_await sleep_for(std::chrono::hours(1)); });
    });
    CHECK(client.get("/here").code() == 204);
    const nlohmann::json tasks = client.get("/inside/tasks").json()["tasks"];
    const auto is_poller = [](const nlohmann::json& task) { return task["name"] == "poller"; };
    const auto poller = std::find_if(tasks.begin(), tasks.end(), is_poller);
    REQUIRE(poller != tasks.end());
    CHECK((*poller)["state"] == "waiting");
    CHECK((*poller)["waits_for"] == "Sleep");
    CHECK((*poller)["age_seconds"].get<double>() >= 0);
    CHECK((*poller)["parent"].is_string());
    CHECK(poller->contains("spawned_at") == SpawnPlace::kKept);
}

TEST_CASE("the built-in routes are exempt from shedding and read no body") {
    App app("shop");
    CHECK(app.state().router.routes().empty());
    testing::TestClient client(a_route_in_each_place);
    std::size_t probes = 0;
    for (const auto& route : client.app().state().router.routes()) {
        if (!route.endpoint->health) continue;
        ++probes;
        CHECK(route.method == Method::get);
        CHECK(route.endpoint->body == http::BodyMode::none);
    }
    CHECK(probes == 3);
}
