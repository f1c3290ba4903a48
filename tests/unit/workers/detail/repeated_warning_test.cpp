#include <troika/workers/detail/repeated_warning.hpp>

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/observe/log.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
using namespace troika;
using workers::detail::RepeatedWarning;

TEST_CASE(
    "what happens again and again is one line at once and then one a second with their number") {
    std::vector<std::uint64_t> counts;
    log::set_sink([&counts](const log::Record& record) {
        if (record.level != log::Level::warning) return;
        for (const log::Field& field : record.fields) {
            const auto* count = std::get_if<std::uint64_t>(&field.value.any());
            if (field.key == "count" && count != nullptr) counts.push_back(*count);
        }
    });
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    const std::string name = "disk";
    RepeatedWarning refusals(loop.timers(), "a pool refused jobs", name);
    loop.run([](RepeatedWarning& refusals) -> Task<> {
        for (int i = 0; i < 25; ++i) {  // 2.4 s
            refusals.happened("full");
            co_await sleep_for(100ms);
        }
        co_await sleep_for(10s);
        refusals.happened("full again");
        refusals.happened("full again");
        refusals.stop();
    }(refusals));
    log::set_sink({});
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts) sum += count;
    CHECK(sum == 27);
    CHECK(counts.size() == 6);
    CHECK(counts.front() == 1);
    CHECK(counts.back() == 1);
}
