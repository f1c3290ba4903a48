#include <troika/app/detail/app_state.hpp>
#include <troika/app/detail/builtin_routes.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/task_list.hpp>

#include <nlohmann/json.hpp>

namespace troika::detail {

namespace {

void add(App::State& app, std::string pattern, http::Handler handler) {
    http::Endpoint endpoint;
    endpoint.pattern = std::move(pattern);
    endpoint.handler = std::move(handler);
    endpoint.body = http::BodyMode::none;
    endpoint.health = true;
    app.router.add(http::Method::get, std::move(endpoint));
}

Task<Response> live(App::State& app) {
    const std::optional<std::string> reason = app.not_alive ? app.not_alive() : std::nullopt;
    if (!reason) co_return Response::literal("alive\n");
    co_return Response::json({{"status", "not alive"}, {"reason", *reason}},
                             Status::service_unavailable);
}

Task<Response> ready(App::State& app) {
    const std::optional<std::string> reason = app.not_ready ? app.not_ready() : "not started";
    if (!reason) co_return Response::json({{"status", "ready"}});
    co_return Response::json({{"status", "not ready"}, {"reason", *reason}},
                             Status::service_unavailable);
}

Task<Response> show_metrics(App::State& app) {
    if (app.collect_metrics) app.collect_metrics();
    co_return Response::bytes(app.metrics->render(), "text/plain; version=0.0.4; charset=utf-8");
}

Task<Response> show_tasks(Request&) {
    auto tasks = nlohmann::json::array();
    for (const TaskInfo& task : live_tasks(current_scope()->loop())) {
        nlohmann::json entry{{"name", task.name},
                             {"group", task.group},
                             {"parent", task.parent},
                             {"state", to_string(task.state)},
                             {"age_seconds", std::chrono::duration<double>(task.age).count()}};
        if (!task.doing.empty()) entry["doing"] = task.doing;
        if (!task.waits_for.empty()) entry["waits_for"] = task.waits_for;
        if (!task.spawned_at.empty()) entry["spawned_at"] = task.spawned_at;
        tasks.push_back(std::move(entry));
    }
    co_return Response::json(nlohmann::json{{"tasks", std::move(tasks)}});
}

}  // namespace

void add_builtin_routes(App::State& app) {
    add(app, "/livez", [&app](Request&) { return live(app); });
    add(app, "/readyz", [&app](Request&) { return ready(app); });
    add(app, "/metrics", [&app](Request&) { return show_metrics(app); });
}

void add_debug_tasks(App::State& app, std::string_view pattern) {
    add(app, std::string(pattern), &show_tasks);
}

}  // namespace troika::detail
