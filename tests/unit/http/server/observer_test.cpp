#include <troika/http/server/observer.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace troika::http;

TEST_CASE("every limit has a name of its own") {
    std::set<std::string> names;
    for (std::size_t i = 0; i < kLimits; ++i) names.emplace(to_string(static_cast<Limit>(i)));
    CHECK(names.size() == kLimits);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(to_string(static_cast<Limit>(kLimits)) == "unknown");
}
