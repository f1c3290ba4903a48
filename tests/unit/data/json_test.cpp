#include "json_checks.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troika::data;
using namespace samples;

TEST_CASE("a struct with a member of every kind survives JSON text and JSON values") {
    const Everything before = everything();
    CHECK(from_json<Everything>(to_json(before)) == before);
    CHECK(from_json_value<Everything>(to_json_value(before)) == before);
    CHECK(nlohmann::json::parse(to_json(before)) == to_json_value(before));
}

TEST_CASE("nesting has a limit both ways, and far beyond it nothing overflows") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(complaint<nlohmann::json>(nested(kMaxDepth)) == "accepted");
    CHECK(complaint<nlohmann::json>(nested(kMaxDepth + 1)).find("at most 64 levels") !=
          std::string::npos);
    CHECK(complaint<nlohmann::json>(nested(1'000'000)).find("at most 64") != std::string::npos);
    Tree tree;
    for (int i = 0; i < 100; ++i) {
        Tree parent;
        parent.children.push_back(std::move(tree));
        tree = std::move(parent);
    }
    CHECK_THROWS_AS(to_json(tree), EncodeError);
    CHECK_THROWS_AS(to_json_value(tree), EncodeError);
}

TEST_CASE("a truncated document is always an error, never a value") {
    const std::string whole = to_json(everything());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(complaint<Everything>(std::string_view(whole).substr(0, size)) != "accepted");
}
