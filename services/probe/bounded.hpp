#pragma once

#include <troika/http/message/request.hpp>

#include <cstdint>
#include <string_view>

namespace probe {

// The path parameter `name`, a whole number from 0 to `most`; else HttpError 400 that says so.
std::uint64_t bounded(const troika::Request& request, std::string_view name, std::uint64_t most);
// The same with fractions: "0.25".
double bounded_fraction(const troika::Request& request, std::string_view name, double most);

}  // namespace probe
