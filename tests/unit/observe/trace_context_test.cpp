#include <troika/observe/trace_context.hpp>

#include <catch2/catch.hpp>

#include <string>

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
