#include "crowd.hpp"
#include "eventually.hpp"
#include "sanitized.hpp"
#include "socket_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>

using namespace troika::testing;
using namespace std::chrono_literals;

// Thousands of bad clients at once against the service `probe`: a good client is served all the time, and when
// they have gone nothing of them is left. How long the good one waits is a figure of `./dev bench crowd`.
namespace {

const std::string kBegin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
const std::string kPost = "POST /consume HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

ServiceProcess probe(std::vector<std::string> arguments, std::size_t descriptors = 0) {
    ServiceOptions options;
    options.arguments = std::move(arguments);
    options.descriptors = descriptors;
    options.binary = PROBE_BINARY;
    return ServiceProcess::listening(std::move(options));
}

// Served on the connection it has kept, and on a new one.
class GoodClient final {
  public:
    explicit GoodClient(std::uint16_t port) : port_(port), kept_(port) {}
    bool is_served() {
        if (!kept_.get("/plaintext")) return false;
        const Reply kept = kept_.read_reply();
        const Reply fresh = get(port_, "/plaintext", "Connection: close\r\n");
        return kept.status == 200 && kept.complete && fresh.status == 200 && fresh.complete;
    }
    bool is_served_where_it_is() {
        return kept_.get("/plaintext") && kept_.read_reply().status == 200;
    }

  private:
    std::uint16_t port_;
    SocketClient kept_;
};

// What a service uses once a crowd like the one to come was there: its allocator keeps some memory of each size.
Usage after_a_first_crowd(const ServiceProcess& service, std::size_t size,
                          const std::vector<std::string>& parts) {
    REQUIRE(GoodClient(service.port()).is_served());
    const int before = descriptor_count(service.pid());
    Crowd crowd(service.port(), size);
    for (const std::string& part : parts) {
        crowd.send(part);
        REQUIRE(GoodClient(service.port()).is_served());
    }
    crowd.reset();
    REQUIRE(eventually([&] { return descriptor_count(service.pid()) <= before; }));
    return usage_of(service.pid());
}

// Nothing is left of a crowd.
void check_gone(const ServiceProcess& service, const Usage& before) {
    const auto descriptors = [&] { return descriptor_count(service.pid()); };
    INFO("descriptors now " << descriptors() << ", before " << before.descriptors);
    CHECK(eventually([&] { return descriptors() <= before.descriptors; }));
    CHECK(service.metric("troika_buffered_body_bytes{loop=\"0\"}") == 0);
    CHECK(service.metric("troika_connections{loop=\"0\",state=\"idle\"}") <= 1);
    constexpr std::size_t kSlack = std::size_t{16} << 20U;
    if (kSanitized) return;
    INFO("resident now " << usage_of(service.pid()).resident << ", before " << before.resident);
    CHECK(usage_of(service.pid()).resident < before.resident + kSlack);
}

}  // namespace

TEST_CASE(
    "5,000 slow heads and 5,000 idle clients keep nobody waiting, cost no time, and leave "
    "nothing") {
    const std::size_t size = crowd_size(5000, 2);
    const ServiceProcess service =
        probe({"--server.head_timeout", "4s", "--server.idle_timeout", "8s"});
    const Usage before = after_a_first_crowd(service, 2 * size, {kBegin});
    {
        GoodClient good(service.port());
        Crowd idle(service.port(), size);
        Crowd slow(service.port(), size);
        CHECK(slow.send(kBegin) == size);
        CHECK(good.is_served());
        const Usage while_they_wait = usage_of(service.pid());
        const auto began = std::chrono::steady_clock::now();
        REQUIRE(slow.wait_for_one(10s));
        // Nobody did anything, so it had nothing to do.
        const auto used = usage_of(service.pid()).processor - while_they_wait.processor;
        CHECK(used < (std::chrono::steady_clock::now() - began) / 2 + 200ms);
        CHECK(good.is_served());
        const Crowd::Endings refused = slow.read_all("HTTP/1.1 408 ");
        CHECK(refused.answered == size);
        CHECK(good.is_served());
        const Crowd::Endings let_go = idle.read_all("");
        CHECK(let_go.ended == size);
        CHECK(GoodClient(service.port()).is_served());
    }
    check_gone(service, before);
}

TEST_CASE(
    "5,000 heads that drip are 408 all the same, and a good client is served between the drops") {
    const std::size_t size = crowd_size(5000);
    const ServiceProcess service = probe({"--server.head_timeout", "3s"});
    const Usage before = after_a_first_crowd(service, size, {kBegin, "x", "x"});
    {
        GoodClient good(service.port());
        Crowd slow(service.port(), size);
        CHECK(slow.send(kBegin) == size);
        int rounds = 0;
        while (!slow.wait_for_one(0ms) && rounds < 10000) {
            slow.send("x", 7);
            CHECK(good.is_served());
            ++rounds;
        }
        CHECK(rounds > 1);
        const Crowd::Endings refused = slow.read_all("HTTP/1.1 408 ");
        CHECK(refused.answered + refused.reset == size);  // who dripped once more may see a reset
        CHECK(refused.answered > size / 2);
    }
    check_gone(service, before);
}

TEST_CASE("2,000 resets at once in the middle of a request, again and again, leave nothing") {
    const std::size_t size = crowd_size(2000);
    const ServiceProcess service = probe({});
    GoodClient good(service.port());
    REQUIRE(good.is_served());
    Usage before = usage_of(service.pid());
    const std::string body(20000, 'x');
    const std::string chunk = kPost + "4e20\r\n" + body;
    const std::string whole =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + body;
    int round = 0;
    for (const std::string& part : {std::string("GET / HT"), whole, chunk, whole, chunk}) {
        Crowd crowd(service.port(), size);
        crowd.send(part);
        CHECK(good.is_served());
        crowd.reset();
        CHECK(good.is_served());
        CHECK(eventually([&] { return descriptor_count(service.pid()) <= before.descriptors; }));
        // The first of each kind may make the allocator grow.
        if (++round == 3) before.resident = usage_of(service.pid()).resident;
    }
    check_gone(service, before);
}

TEST_CASE(
    "endless chunks, extensions, trailers and unwanted bodies are refused, and others are served") {
    const std::size_t size = crowd_size(300, 4);
    const ServiceProcess service =
        probe({"--server.max_body", "100KiB", "--server.linger", "100ms"});
    GoodClient good(service.port());
    REQUIRE(good.is_served());
    const Usage before = usage_of(service.pid());
    const std::string small_chunks = [] {
        std::string all;
        for (int i = 0; i < 1000; ++i) all += "1\r\nx\r\n";
        return all;
    }();
    struct Endless {
        std::string begin;
        std::string more;
    };
    const std::string extension = kPost + "1;";
    const std::string trailer = kPost + "0\r\nX: ";
    const std::string trailers = kPost + "0\r\n";
    for (const Endless& each : std::vector<Endless>{
             {extension, std::string(1000, 'e')},
             {trailer, std::string(1000, 't')},
             {trailers, "A: b\r\nC: d\r\n"},
             {"POST /plaintext HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
              small_chunks},
             {"POST /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
              std::string(10000, 'u')}}) {
        INFO(each.begin);
        Crowd crowd(service.port(), size);
        CHECK(crowd.send(each.begin) == size);
        bool over = false;
        for (int i = 0; i < 1000 && !over; ++i) {
            over = crowd.pour(each.more, 50ms);
            CHECK(good.is_served());
        }
        CHECK(over);
        const Crowd::Endings endings = crowd.read_all("HTTP/1.1 4");
        CHECK(endings.answered + endings.reset == size);
        CHECK(endings.answered > 0);
    }
    check_gone(service, before);
}

TEST_CASE(
    "clients that never read hold no more than their share, are reset, and others are served") {
    const std::size_t size = crowd_size(500);
    const ServiceProcess service = probe({"--server.write_timeout", "2s"});
    const std::string ask = "GET /bytes/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n";
    const Usage before = after_a_first_crowd(service, size, {ask});
    {
        GoodClient good(service.port());
        constexpr int kWindow = 4096;  // else gigabytes go to the kernel first
        Crowd stuck(service.port(), size, kWindow);
        CHECK(stuck.send(ask) == size);
        CHECK(good.is_served());
        CHECK(eventually([&] {
            return service.metric("troika_http_limits_total{limit=\"write_time\",loop=\"0\"}") > 0;
        }));
        CHECK(good.is_served());
        if (!kSanitized)
            CHECK(usage_of(service.pid()).resident <
                  before.resident + size * std::size_t{256 * 1024});
        const int with_good = before.descriptors + 1;
        CHECK(eventually([&] { return descriptor_count(service.pid()) <= with_good; }));
        const Crowd::Endings endings = stuck.read_all("no status");
        CHECK(endings.reset == size);
    }
    check_gone(service, before);
}

TEST_CASE("bodies that are only promised cost what has arrived of them") {
    const std::size_t size = crowd_size(500);
    const ServiceProcess service = probe({});
    const std::string promise =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\nbegun";
    const Usage before = after_a_first_crowd(service, size, {promise});
    {
        GoodClient good(service.port());
        Crowd crowd(service.port(), size);
        CHECK(crowd.send(promise) == size);
        CHECK(eventually([&] {
            return service.metric("troika_connections{loop=\"0\",state=\"in_request\"}") >=
                   static_cast<double>(size);
        }));
        CHECK(good.is_served());
        if (!kSanitized)
            CHECK(usage_of(service.pid()).resident <
                  before.resident + size * std::size_t{64 * 1024});
        crowd.reset();
    }
    check_gone(service, before);
}

TEST_CASE(
    "out of descriptors who is there is served, who comes is told, nothing spins, and it ends") {
    constexpr std::size_t kDescriptors = 400;
    const std::size_t size = crowd_size(1000);
    const ServiceProcess service =
        probe({"--server.max_connections", "100000", "--server.idle_timeout", "1h"}, kDescriptors);
    GoodClient good(service.port());
    REQUIRE(good.is_served());
    const Usage before = usage_of(service.pid());
    {
        Crowd crowd(service.port(), size);
        CHECK(eventually(
            [&] { return descriptor_count(service.pid()) >= static_cast<int>(kDescriptors) - 2; }));
        const Usage full = usage_of(service.pid());
        const auto began = std::chrono::steady_clock::now();
        int served = 0;
        while (std::chrono::steady_clock::now() - began < 1s) {
            served += good.is_served_where_it_is() ? 1 : 0;
            (void)crowd.wait_for_one(20ms);
        }
        CHECK(served > 1);
        CHECK(usage_of(service.pid()).processor - full.processor <
              (std::chrono::steady_clock::now() - began) / 2 + 200ms);
        crowd.reset();
    }
    CHECK(eventually([&] { return good.is_served(); }));
    check_gone(service, before);
    CHECK(service.count_output("no file descriptors left") < 10);
}

TEST_CASE("a gigabyte down and a gigabyte up take no memory") {
    const ServiceProcess service = probe({});
    REQUIRE(GoodClient(service.port()).is_served());
    const Usage before = usage_of(service.pid());
    constexpr std::size_t kGigabyte = std::size_t{1} << 30U;
    std::size_t most = before.resident;
    const auto look = [&] { most = std::max(most, usage_of(service.pid()).resident); };
    {
        Crowd down(service.port(), 1);
        CHECK(down.send("GET /bytes/1073741824 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") ==
              1);
        CHECK(down.drain(look) > kGigabyte);
    }
    {
        SocketClient up(service.port());
        up.send("POST /consume HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n");
        const std::string piece(std::size_t{1} << 20U, 'x');
        for (std::size_t sent = 0; sent < kGigabyte; sent += piece.size()) {
            REQUIRE(up.send(piece));
            if (sent % (piece.size() * 64) == 0) look();
        }
        CHECK(up.read_reply().body == "1073741824\n");
    }
    INFO("at most " << most << " bytes, before " << before.resident);
    if (!kSanitized) CHECK(most < before.resident + (std::size_t{16} << 20U));
}
