#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string_view>

namespace troika::data::detail {

// JSON text as a value in `out`, which must be null. False, with anything in `out`, for what is no
// JSON, nests deeper, or has a member twice.
bool build_json(std::string_view text, std::size_t max_depth, nlohmann::json& out);

}  // namespace troika::data::detail
