#include "eventually.hpp"
#include "service_process.hpp"
#include "socket_client.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>

using namespace troika::testing;

TEST_CASE("ten thousand concurrent requests are all answered by the same few threads") {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr rlim_t kWanted = 11'500;  // the server keeps a tenth back
    const int count =
        limit.rlim_cur >= kWanted ? 10'000 : static_cast<int>(limit.rlim_cur * 8 / 10);
    if (limit.rlim_cur < kWanted) WARN("only " << count << " requests: the descriptors end there");

    ServiceProcess service = ServiceProcess::listening();
    const Reply first = get(service.port(), "/ping");
    REQUIRE(first.status == 200);
    const int threads_before = thread_count(service.pid());
    std::deque<SocketClient> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(service.port());
        REQUIRE(clients.back().get("/hold"));
    }
    service.wait_in_flight(count);
    CHECK(thread_count(service.pid()) == threads_before);
    CHECK(get(service.port(), "/ping").status == 200);
    CHECK(post(service.port(), "/release", "").status == 204);
    const auto answered = std::count_if(clients.begin(), clients.end(), [](SocketClient& client) {
        const Reply reply = client.read_reply();
        return reply.status == 200 && reply.complete;
    });
    CHECK(answered == count);
    CHECK(thread_count(service.pid()) == threads_before);
}
