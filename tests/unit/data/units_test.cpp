#include <troika/data/units.hpp>

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;

TEST_CASE("a duration is a number with a unit, exact in the asked resolution") {
    CHECK(parse_ticks("250ms", 1, 1000) == 250);
    CHECK(parse_ticks("30s", 1, 1000) == 30'000);
    CHECK(parse_ticks("1.5s", 1, 1000) == 1500);
    CHECK(parse_ticks("2m", 1, 1) == 120);
    CHECK(parse_ticks("1d", 3600, 1) == 24);
    CHECK(parse_ticks("-5ms", 1, 1000) == -5);
    CHECK(parse_ticks("0s", 1, 1000) == 0);
    CHECK_FALSE(parse_ticks("1500us", 1, 1000));
    CHECK_FALSE(parse_ticks("1.5s", 1, 1));
    CHECK_FALSE(parse_ticks("9223372036854775807d", 1, 1'000'000'000));
    for (const char* wrong : {"", "30", "s", "30 s", "30S", ".5s", "5.s", "1e3s", "1..5s", "+5s",
                              "--5s", "0x10s", "99999999999999999999s", "1s "})
        CHECK_FALSE(parse_ticks(wrong, 1, 1000));
}

TEST_CASE("a duration is written in the largest unit that needs no fraction") {
    CHECK(format_ticks(1500, 1, 1000) == "1500ms");
    CHECK(format_ticks(30'000, 1, 1000) == "30s");
    CHECK(format_ticks(86'400, 1, 1) == "1d");
    CHECK(format_ticks(0, 1, 1000) == "0s");
    CHECK(format_ticks(-90, 1, 1) == "-90s");
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    CHECK(parse_ticks(format_ticks(most, 1, 1000), 1, 1000) == most);
}

TEST_CASE("a size takes decimal and binary units and no guesses") {
    CHECK(ByteSize::from_text("64MB") == ByteSize(64'000'000));
    CHECK(ByteSize::from_text("1MiB") == ByteSize(1 << 20));
    CHECK(ByteSize::from_text("1.5KiB") == ByteSize(1536));
    CHECK(ByteSize::from_text("512") == ByteSize(512));
    CHECK(ByteSize::from_text("2 GB") == ByteSize(2'000'000'000));
    for (const char* wrong : {"", "MB", "-1MB", "64mb", "64M", "1.5", "1e6", "9999999999TiB"})
        CHECK_FALSE(ByteSize::from_text(wrong));
}

TEST_CASE("a size is written so that it reads back the same") {
    for (const std::size_t size : {0UL, 1UL, 999UL, 1024UL, 65536UL, 64'000'000UL, 1UL << 40})
        CHECK(ByteSize::from_text(ByteSize(size).to_text()) == ByteSize(size));
    CHECK(ByteSize(65536).to_text() == "64KiB");
    CHECK(ByteSize(64'000'000).to_text() == "64MB");
}
