#include "eventually.hpp"
#include "process_tree.hpp"
#include "sanitized.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

using namespace troika::testing;
using Names = std::vector<std::string>;

namespace {

// Connections that this process and the service may have; 10,000 where the system lets them.
int possible_connections() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr rlim_t kWanted = 11'500;  // the server keeps a tenth back
    return limit.rlim_cur >= kWanted ? 10'000 : static_cast<int>(limit.rlim_cur * 8 / 10);
}

}  // namespace

TEST_CASE(
    "a service has its loop, its watchdog, its logger and the threads of its pools, no others") {
    const ServiceProcess service =
        ServiceProcess::listening({.arguments = {"--threads.threads", "2"}});
    REQUIRE(get(service.port(), "/ping").status == 200);
    const std::string open_gate = service.folder().write("gate", "open");
    REQUIRE(get(service.port(), "/thread/wait?gate=" + open_gate).status == 200);
    REQUIRE(get(service.port(), "/process/wait?gate=" + open_gate).status == 200);
    Names names = thread_names(service.pid());
    const auto pool = std::count(names.begin(), names.end(), "troika-thread");
    CHECK(pool >= 1);
    CHECK(pool <= 2);
    std::erase(names, "troika-thread");
    Names wanted{"service_fixture", "troika-log", "watchdog"};
    if (kThreadSanitized) wanted.insert(wanted.begin(), "service_fixture");
    CHECK(names == wanted);
    for (const pid_t worker : service.workers()) CHECK(thread_count(worker) == 1);
}

TEST_CASE("ten thousand idle connections need no further thread") {
    const int count = possible_connections();
    if (count < 10'000) WARN("only " << count << " connections: the descriptors end there");
    const ServiceProcess service = ServiceProcess::listening();
    REQUIRE(get(service.port(), "/ping").status == 200);
    const Names before = thread_names(service.pid());
    std::deque<SocketClient> clients;
    for (int i = 0; i < count; ++i) REQUIRE(clients.emplace_back(service.port()).connected());
    REQUIRE(eventually(
        [&] { return service.metric("troika_connections{loop=\"0\",state=\"idle\"}") >= count; }));
    CHECK(thread_names(service.pid()) == before);
    CHECK(get(service.port(), "/ping").status == 200);
}
