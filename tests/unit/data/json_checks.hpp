#pragma once

#include "samples.hpp"

#include <troika/data/json.hpp>

namespace samples {

// What from_json says about a text that is wrong.
template <typename T>
std::string complaint(std::string_view text, const troika::data::DecodeOptions& options = {}) {
    try {
        (void)troika::data::from_json<T>(text, options);
    } catch (const troika::data::DecodeError& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace samples
