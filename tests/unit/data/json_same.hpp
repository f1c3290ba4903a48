#pragma once

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

namespace samples {

// Equal in every bit: 1, 1.0 and -0.0 differ from each other and from 0, as do 0 and -0.
inline bool same(const nlohmann::json& one, const nlohmann::json& other) {
    using Type = nlohmann::json::value_t;
    if (one.type() != other.type() || one.size() != other.size()) return false;
    if (one.type() == Type::number_float)
        return std::bit_cast<std::uint64_t>(one.get<double>()) ==
               std::bit_cast<std::uint64_t>(other.get<double>());
    if (!one.is_structured()) return one == other;
    return std::equal(one.items().begin(), one.items().end(), other.items().begin(),
                      [](const auto& a, const auto& b) {
                          return a.key() == b.key() && same(a.value(), b.value());
                      });
}

}  // namespace samples
