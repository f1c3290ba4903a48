#include "bounded.hpp"

#include <troika/http/message/http_error.hpp>

#include <charconv>
#include <string>

namespace probe {

namespace {

template <typename T>
bool parse(std::string_view text, T& value) {
    const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} && stop == text.data() + text.size();
}

[[noreturn]] void refuse(std::string_view name, std::string_view kind, std::uint64_t most,
                         std::string_view found) {
    throw troika::HttpError(troika::Status::bad_request,
                            std::string(name) + " must be a " + std::string(kind) + " from 0 to " +
                                std::to_string(most) + ", not '" + std::string(found) + "'");
}

}  // namespace

std::uint64_t bounded(const troika::Request& request, std::string_view name, std::uint64_t most) {
    const std::string_view text = request.parameter(name);
    std::uint64_t value = 0;
    if (!parse(text, value) || value > most) refuse(name, "whole number", most, text);
    return value;
}

double bounded_fraction(const troika::Request& request, std::string_view name, double most) {
    const std::string_view text = request.parameter(name);
    double value = 0;
    // Written this way round because NaN compares false.
    if (!parse(text, value) || !(value >= 0 && value <= most))
        refuse(name, "number", static_cast<std::uint64_t>(most), text);
    return value;
}

}  // namespace probe
