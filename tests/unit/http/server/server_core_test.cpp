#include <troika/http/server/detail/server_core.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using http::Endpoint;
using http::PathParameters;
using http::detail::Exchange;
using http::detail::ServerCore;

namespace {

struct Counter final : http::Observer {
    void on_connection_opened() noexcept override { ++opened; }
    void on_connection_closed() noexcept override { ++closed; }
    int opened = 0;
    int closed = 0;
};

struct ServerCoreFixture {
    http::Resolve resolve() {
        return [this](const RequestHead&, PathParameters&) -> const Endpoint& { return endpoint; };
    }

    EventLoop loop;
    Endpoint endpoint;
    Counter counter;
    ServerCore core{loop, http::Pipeline(resolve()), {}, counter};
};

}  // namespace

TEST_CASE_METHOD(ServerCoreFixture, "an exchange that was given back serves the next request") {
    auto first = core.take_exchange();
    auto second = core.take_exchange();
    Exchange* const known = first.get();
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(first != second);
    core.give_back(std::move(first));
    CHECK(core.take_exchange().get() == known);
}

TEST_CASE_METHOD(ServerCoreFixture, "a buffer comes back empty with its memory") {
    CHECK(core.take_buffer().capacity() == 0);
    Bytes buffer(std::string(5000, 'x'));
    const char* const memory = buffer.view().data();
    core.give_back(std::move(buffer));
    Bytes again = core.take_buffer();
    CHECK(again.empty());
    CHECK(again.capacity() >= 5000);
    CHECK(again.view().data() == memory);
    CHECK(core.take_buffer().capacity() == 0);
}

TEST_CASE_METHOD(ServerCoreFixture,
                 "a large buffer is freed, and so are more buffers than are worth keeping") {
    core.give_back(Bytes(std::string(1024 * 1024, 'x')));
    CHECK(core.take_buffer().capacity() == 0);
    for (int i = 0; i < 1000; ++i) core.give_back(Bytes("small"));
    int kept = 0;
    while (core.take_buffer().capacity() > 0) ++kept;
    CHECK(kept > 0);
    CHECK(kept <= 64);
}

TEST_CASE_METHOD(ServerCoreFixture,
                 "connections are counted and told, and their end is told last") {
    std::vector<std::size_t> left;
    core.on_closed = [&] { left.push_back(core.open()); };
    core.opened();
    core.opened();
    CHECK(core.open() == 2);
    CHECK(counter.opened == 2);
    core.closed();
    core.closed();
    CHECK(counter.closed == 2);
    CHECK(left == std::vector<std::size_t>{1, 0});
}
