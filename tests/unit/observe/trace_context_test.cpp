#include <troika/observe/id_source.hpp>
#include <troika/observe/trace_context.hpp>

#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <set>

using namespace troika;

namespace {
constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}

TEST_CASE("the example of the W3C recommendation is read and written") {
    const auto context = TraceContext::parse(kExample);
    REQUIRE(context);
    CHECK(context->sampled);
    CHECK(context->trace_id_text() == "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(context->parent_id[1] == 0xf0);
    CHECK(context->traceparent() == kExample);
}

TEST_CASE("a traceparent that is not one starts a new trace") {
    const std::string good(kExample);
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK_FALSE(TraceContext::parse(good.substr(0, length)));
    CHECK_FALSE(TraceContext::parse(good + "-"));
    CHECK_FALSE(TraceContext::parse(good + "-extra"));
    CHECK_FALSE(TraceContext::parse("ff" + good.substr(2)));
    CHECK_FALSE(TraceContext::parse("00-" + std::string(32, '0') + good.substr(35)));
    CHECK_FALSE(TraceContext::parse(good.substr(0, 36) + std::string(16, '0') + "-01"));
    CHECK_FALSE(TraceContext::parse("00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    CHECK_FALSE(TraceContext::parse("00-4gf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    CHECK_FALSE(TraceContext::parse("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

TEST_CASE("a later version is read as far as we know it") {
    const std::string later = "cc" + std::string(kExample).substr(2);
    CHECK(TraceContext::parse(later));
    CHECK(TraceContext::parse(later + "-what-comes"));
    CHECK_FALSE(TraceContext::parse(later + "what-comes"));
}

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
