#include <troika/observe/id_source.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;

TEST_CASE("request ids are UUIDs of version 7 that sort as made, whatever the clock does") {
    IdSource ids;
    const auto now =
        std::chrono::system_clock::time_point(std::chrono::milliseconds(0x17f22e279b0));
    const std::string first = ids.uuid(now);
    CHECK(first.size() == 36);
    CHECK(first.substr(0, 15) == "017f22e2-79b0-7");
    CHECK(std::string_view("89ab").find(first[19]) != std::string_view::npos);
    std::string last = first;
    for (int i = 0; i < 20'000; ++i) {
        const std::string next = ids.uuid(now - std::chrono::milliseconds(i % 3));
        REQUIRE(next > last);
        last = next;
    }
    CHECK(ids.uuid() > last);
}

TEST_CASE("a copy makes the same ids until it is reseeded, as a fork does") {
    const auto now = std::chrono::system_clock::now();
    IdSource original;
    IdSource copy = original;
    CHECK(original.uuid(now) == copy.uuid(now));
    copy.reseed();
    CHECK(original.uuid(now).substr(19) != copy.uuid(now).substr(19));
}

TEST_CASE("a trace goes on under a new caller id") {
    IdSource ids;
    const TraceContext begun = ids.start_trace(true);
    const TraceContext next = ids.continue_trace(begun);
    CHECK(next.trace_id == begun.trace_id);
    CHECK(next.parent_id != begun.parent_id);
    CHECK(next.sampled);
    CHECK(TraceContext::parse(next.traceparent()) == next);
}
