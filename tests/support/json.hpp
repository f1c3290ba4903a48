#pragma once

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

// nlohmann's JSON as tests read and show it: its parser and printer are compiled once, in test_support,
// which spares every program of tests more than a second.

namespace troika::testing {

// Throws nlohmann::json::parse_error.
nlohmann::json json_of(std::string_view text);

}  // namespace troika::testing

template <>
struct Catch::StringMaker<nlohmann::json> {
    static std::string convert(const nlohmann::json& value);
};
