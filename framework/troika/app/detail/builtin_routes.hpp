#pragma once

#include <troika/app/app.hpp>

#include <string_view>

namespace troika::detail {

// GET /livez    200 while the loop turns: restart the process when it does not answer
// GET /readyz   200, or 503 with the reason: send traffic elsewhere
// GET /metrics  Prometheus text format 0.0.4
//
// All three are exempt from shedding and served while draining.
void add_builtin_routes(App::State& app);

// GET `pattern`: the live tasks of the loop, as exempt as the others.
void add_debug_tasks(App::State& app, std::string_view pattern);

}  // namespace troika::detail
