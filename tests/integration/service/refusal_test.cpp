#include "service_process.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troika::testing;
using Catch::Contains;

TEST_CASE("a thread started in configure is refused, with what to do instead") {
    const Finished finished = run_to_end({.environment = {{"FIXTURE", "thread in configure"}}});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output, Contains("configure() started a thread") && Contains("on_start"));
}

TEST_CASE("two routes that conflict: exit 1 and both are named") {
    const Finished finished = run_to_end({.environment = {{"FIXTURE", "conflict"}}});
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output, Contains("/loop/{other}/x") && Contains("/loop/{another}/x"));
}

TEST_CASE("a pool that does not exist: exit 1, the route and the pools there are") {
    ServiceProcess service({.environment = {{"FIXTURE", "unknown pool"}}});
    CHECK(service.wait_exit() == 1);
    CHECK_THAT(service.output(), Contains("/pooled") && Contains("databse") && Contains("threads"));
    CHECK(service.left().empty());
}
