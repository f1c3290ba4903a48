#include "support.hpp"

#include <troika/app/worker_setting.hpp>
#include <troika/workers/named_pools.hpp>
#include <troika/workers/process_pool.hpp>

using namespace troika;
using namespace app_checks;

namespace {

std::string limits() {
    return std::to_string(worker_setting<int>("processes.processes")) + " " +
           std::to_string(worker_setting<std::uint64_t>("threads.queue_limit"));
}
const auto limits_job = job<"app.limits">(limits);

int no_such_setting() { return worker_setting<int>("processes.colour"); }
const auto no_such_job = job<"app.no_such_setting">(no_such_setting);

}  // namespace

TEST_CASE("a job reads the settings of its service, and new ones from its next run on") {
    App app("shop", {"--processes.processes", "1", "--threads.queue_limit", "77"});
    InMotion motion(app);
    motion.start();
    motion.loop.run([](App& app, InMotion& motion) -> Task<> {
        ProcessPool& pool = process_pool("processes");
        std::string text = co_await pool.run(limits_job);
        CHECK(text == "1 77");
        app.state().options.threads.queue_limit = 78;
        motion.running.publish_settings();
        text = co_await pool.run(limits_job);
        CHECK(text == "1 78");
        std::string told;
        try {
            co_await pool.run(no_such_job);
        } catch (const Error& error) {
            told = error.what();
        }
        CHECK(told.find("there is no setting 'processes.colour'") != std::string::npos);
    }(app, motion));
}

TEST_CASE("outside a worker a setting is asked for in vain, and told so") {
    CHECK(error_of([] { (void)worker_setting<int>("processes.processes"); }) ==
          "the setting 'processes.processes' was asked for outside a worker process of a service");
}
