#include "json.hpp"

namespace troika::testing {

nlohmann::json json_of(std::string_view text) { return nlohmann::json::parse(text); }

}  // namespace troika::testing

// With replacement characters, because what a failed test shows need not be UTF-8.
std::string Catch::StringMaker<nlohmann::json>::convert(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
