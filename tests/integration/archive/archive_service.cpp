#include "archive_service.hpp"

#include "eventually.hpp"
#include "json.hpp"
#include "shell.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <random>
#include <utility>

namespace archive_test {

using troika::testing::eventually;
using troika::testing::Reply;
using troika::testing::ServiceProcess;
using troika::testing::SocketClient;

namespace {

constexpr long kSomeTicks = 2;  // of a digest that takes nine or more
constexpr const char* kBusy = "troika_pool_busy{pool=\"processes\"}";

bool stopped_in_the_middle(const ServiceProcess& service, pid_t worker, long ticks_before) {
    const auto info = [worker] { return troika::testing::process_info(worker).value(); };
    const bool computes = eventually([&] { return info().user_ticks >= ticks_before + kSomeTicks; },
                                     std::chrono::seconds(5));
    if (!computes) return false;
    ::kill(worker, SIGSTOP);
    REQUIRE(eventually([&] { return info().state == 'T'; }));
    // What the worker sent before it stopped is read before these questions are answered.
    return service.metric(kBusy) == 1 && service.metric(kBusy) == 1;
}

}  // namespace

ServiceProcess start_archive(std::vector<std::string> arguments) {
    return ServiceProcess::listening({.arguments = std::move(arguments), .binary = ARCHIVE_BINARY});
}

std::string random_bytes(std::size_t size) {
    std::mt19937_64 random(std::random_device{}());
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>(random());
    return bytes;
}

std::string store(const ServiceProcess& service, std::string_view content) {
    const Reply reply = troika::testing::post(service.port(), "/documents", content);
    INFO(reply.body);
    REQUIRE(reply.status == 201);
    return reply.header("location").value();
}

nlohmann::json json_of(const Reply& reply) {
    INFO(reply.status << " " << reply.body);
    REQUIRE(reply.complete);
    return troika::testing::json_of(reply.body);
}

std::string sum_of(const std::string& program, std::string_view content) {
    const troika::testing::TemporaryFolder folder;
    const std::string file = folder.write("content", std::string(content));
    const std::string line = troika::testing::output_of(program + " < " + file);
    return line.substr(0, line.find(' '));
}

HeldDigest hold_digest(const ServiceProcess& service, const std::string& target) {
    for (int tries = 0; tries < 20; ++tries) {
        const std::vector<pid_t> workers = service.workers();
        REQUIRE(workers.size() == 1);
        const pid_t worker = workers.front();
        const long ticks = troika::testing::process_info(worker).value().user_ticks;
        SocketClient client(service.port());
        REQUIRE(client.get(target));
        if (stopped_in_the_middle(service, worker, ticks)) return {std::move(client), worker};
        ::kill(worker, SIGCONT);
        REQUIRE(client.read_reply().status == 200);
    }
    FAIL("no digest could be stopped in its middle");
    std::abort();
}

}  // namespace archive_test
