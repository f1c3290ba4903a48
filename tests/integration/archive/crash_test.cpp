#include "archive_service.hpp"
#include "eventually.hpp"
#include "json.hpp"
#include "sanitized.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

using namespace troika::testing;
using archive_test::HeldDigest;
using archive_test::hold_digest;
using archive_test::json_of;
using Catch::Contains;

namespace {

// An archive with one worker and one document of 64 MB.
struct LongDocument {
    explicit LongDocument(std::vector<std::string> arguments = {})
        : service(archive_test::start_archive(with_one_worker(std::move(arguments)))) {
        const std::string content = archive_test::random_bytes(archive_test::kLongest);
        target = archive_test::store(service, content) + "/digest?algorithm=sha512";
        right = archive_test::sum_of("sha512sum", content);
    }

    static std::vector<std::string> with_one_worker(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--processes.processes", "1"});
        return arguments;
    }
    bool is_right(const Reply& reply) const {
        INFO(reply.status << " " << reply.body);
        CHECK(reply.status == 200);
        return reply.status == 200 && json_of(reply)["digest"] == right;
    }
    bool digests() const { return is_right(get(service.port(), target)); }

    ServiceProcess service;
    std::string target;
    std::string right;
};

// The descriptors of the server by kind. Of the database there are as many as ever read it at once.
std::vector<std::string> kinds_of_descriptors(pid_t server) {
    std::vector<std::string> kinds;
    for (const std::string& descriptor : descriptors_of(server)) {
        if (descriptor.find("archive.db") != std::string::npos) continue;
        std::string kind = descriptor.substr(descriptor.find(' ') + 1);
        if (kind.starts_with("socket:") || kind.starts_with("pipe:")) kind.resize(kind.find(':'));
        kinds.push_back(std::move(kind));
    }
    std::sort(kinds.begin(), kinds.end());
    return kinds;
}

}  // namespace

TEST_CASE("kill -9 in the middle of a digest costs that request alone, and nothing is left over",
          "[slow]") {
    LongDocument archive;
    ServiceProcess& service = archive.service;
    REQUIRE(archive.digests());
    const std::vector<std::string> before = kinds_of_descriptors(service.pid());
    for (int kills = 1; kills <= 3; ++kills) {
        HeldDigest victim = hold_digest(service, archive.target);
        SocketClient next(service.port());
        next.get(archive.target);
        CHECK(get(service.port(), "/ping").status == 200);
        ::kill(victim.worker, SIGKILL);

        const Reply died = victim.client.read_reply();
        CHECK(died.status == 500);
        CHECK(died.header("content-type") == "application/problem+json");
        CHECK_THAT(died.body, Contains("urn:problem:worker-died") && Contains("SIGKILL"));
        CHECK_FALSE(died.header("retry-after"));
        CHECK(archive.is_right(next.read_reply()));
        CHECK(archive.digests());
        service.wait_output("died: SIGKILL", kills);
        CHECK(service.count_output("died: SIGKILL") == static_cast<std::size_t>(kills));
    }
    CHECK(eventually([&] { return service.zombies().empty(); }));
    CHECK(service.workers().size() == 1);
    // Fewer, where the connection of the last client was still there before.
    std::vector<std::string> now;
    const bool none_leaked = eventually([&] {
        now = kinds_of_descriptors(service.pid());
        return std::includes(before.begin(), before.end(), now.begin(), now.end());
    });
    CAPTURE(before, now);
    CHECK(none_leaked);
    service.signal(SIGTERM);
    CHECK(service.wait_exit() == 0);
    CHECK(service.left_over() == "");
}

TEST_CASE("kill -9 of the zygote: the digest under way is right, and a dead worker is replaced",
          "[slow]") {
    LongDocument archive;
    ServiceProcess& service = archive.service;
    HeldDigest running = hold_digest(service, archive.target);
    const std::vector<pid_t> standbys = service.named("troika-standby");
    REQUIRE(standbys.size() == 1);
    for (const pid_t zygote : service.named("troika-zygote")) ::kill(zygote, SIGKILL);
    service.wait_output("the standby took over from a dead zygote");
    REQUIRE(eventually([&] {
        const auto next = service.named("troika-standby");
        return next.size() == 1 && next != standbys;
    }));
    ::kill(running.worker, SIGCONT);
    CHECK(archive.is_right(running.client.read_reply()));

    HeldDigest victim = hold_digest(service, archive.target);
    CHECK(victim.worker == running.worker);
    ::kill(victim.worker, SIGKILL);
    CHECK(victim.client.read_reply().status == 500);
    CHECK(archive.digests());
    CHECK(service.workers() != std::vector<pid_t>{victim.worker});
    CHECK(eventually([&] { return service.zombies().empty(); }));
    CHECK(get(service.port(), "/readyz").status == 200);
}

TEST_CASE("kill -9 of the archive in the middle of a digest leaves no process, and loses nothing",
          "[slow]") {
    LongDocument archive;
    ServiceProcess& service = archive.service;
    SocketClient waiting(service.port());
    const pid_t worker = service.workers().at(0);
    const long ticks = process_info(worker).value().user_ticks;
    waiting.get(archive.target);
    REQUIRE(eventually([&] { return process_info(worker).value().user_ticks > ticks; }));
    service.signal(SIGKILL);
    CHECK(service.wait_exit() == 128 + SIGKILL);
    CHECK(eventually([&] { return !service.any_alive(); }));

    const ServiceProcess again =
        archive_test::start_archive({"--archive.folder", service.folder().file("data")});
    CHECK(archive.is_right(get(again.port(), archive.target)));
}

TEST_CASE("a digest whose worker hangs ends at its deadline with 504 and another worker comes",
          "[slow]") {
    const std::string deadline = kThreadSanitized ? "15s" : "5s";  // there the next one takes more
    LongDocument archive(
        {"--server.handler_deadline", deadline, "--processes.stop_grace", "100ms"});
    ServiceProcess& service = archive.service;
    HeldDigest hanging = hold_digest(service, archive.target);
    const Reply reply = hanging.client.read_reply();
    CHECK(reply.status == 504);
    CHECK(reply.header("content-type") == "application/problem+json");
    CHECK(eventually([&] {
        const auto workers = service.workers();
        return workers.size() == 1 && workers.front() != hanging.worker;
    }));
    CHECK(archive.digests());
    CHECK(eventually([&] { return service.zombies().empty(); }));
}
