#include "archive_service.hpp"
#include "eventually.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace troika::testing;
using archive_test::start_archive;
using archive_test::store;

namespace {

constexpr const char* kLoaded = "archive_loaded_bytes";
constexpr const char* kWaiting = "archive_load_waiting";
constexpr std::size_t kLarge = 16'000'000;  // more than the buffers of a socket take

}  // namespace

TEST_CASE("clients that do not read hold no more documents than archive.max_loaded") {
    const ServiceProcess service =
        start_archive({"--archive.max_document", "16MB", "--archive.max_loaded", "40MB"});
    const std::string content(kLarge, 'x');
    const std::string large = store(service, content);
    const std::string small = store(service, "small");
    constexpr int kReaders = 6;
    std::vector<SocketClient> readers;
    for (int i = 0; i < kReaders; ++i) {
        readers.emplace_back(service.port());
        REQUIRE(readers.back().get(large));
    }
    REQUIRE(eventually([&] {
        return service.metric(kLoaded) == 2 * kLarge && service.metric(kWaiting) == kReaders - 2;
    }));
    CHECK(get(service.port(), small).body == "small");
    CHECK(get(service.port(), small + "/digest").status == 200);

    // Nobody frees anything: who waits is told so.
    REQUIRE(eventually([&] { return service.metric(kWaiting) == 0; }));
    int refused = 0;
    for (SocketClient& reader : readers) {
        const Reply reply = reader.read_reply();
        if (reply.status == 503) {
            ++refused;
            CHECK(reply.header("retry-after") == "1");
        } else {
            CHECK((reply.body == content));
        }
    }
    CHECK(refused == kReaders - 2);
    CHECK(eventually([&] { return service.metric(kLoaded) == 0; }));
}

TEST_CASE("a client that goes away gives the memory of its document back") {
    const ServiceProcess service =
        start_archive({"--archive.max_document", "16MB", "--archive.max_loaded", "16MB"});
    const std::string content(kLarge, 'x');
    const std::string large = store(service, content);
    std::optional<SocketClient> gone(service.port());
    REQUIRE(gone->get(large));
    REQUIRE(eventually([&] { return service.metric(kLoaded) == kLarge; }));
    SocketClient waits(service.port());
    REQUIRE(waits.get(large));
    SocketClient digests(service.port());
    REQUIRE(digests.get(large + "/digest"));
    REQUIRE(eventually([&] { return service.metric(kWaiting) == 2; }));
    gone.reset();
    CHECK((waits.read_reply().body == content));
    CHECK(digests.read_reply().status == 200);
    CHECK(eventually([&] { return service.metric(kLoaded) == 0; }));
}
