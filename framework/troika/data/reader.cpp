#include <troika/data/nearest.hpp>
#include <troika/data/reader.hpp>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace troika::data {
namespace {

std::string describe(const Number& number) {
    return std::visit([](auto value) { return nlohmann::json(value).dump(); }, number);
}

// Beyond 2^53 a double does not tell neighbouring integers apart.
Number whole(const Number& number) {
    const double* real = std::get_if<double>(&number);
    constexpr double kExact = 9007199254740992.0;
    if (real == nullptr || std::trunc(*real) != *real || std::abs(*real) > kExact) return number;
    return static_cast<std::int64_t>(*real);
}

template <typename T>
std::optional<T> in_range(const Number& number, T low, T high) {
    return std::visit(
        [&](auto value) -> std::optional<T> {
            if constexpr (std::is_integral_v<decltype(value)>) {
                if (std::cmp_greater_equal(value, low) && std::cmp_less_equal(value, high))
                    return static_cast<T>(value);
            }
            return std::nullopt;
        },
        number);
}

}  // namespace

std::int64_t Reader::integer(std::int64_t low, std::int64_t high) {
    const auto expected = [&] {
        return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    };
    if (kind() != Kind::number) fail(expected());
    const Number found = number();
    const auto value = in_range<std::int64_t>(whole(found), low, high);
    if (!value) fail(expected(), "the number " + describe(found));
    return *value;
}

std::uint64_t Reader::natural(std::uint64_t high) {
    const auto expected = [&] { return "an integer from 0 to " + std::to_string(high); };
    if (kind() != Kind::number) fail(expected());
    const Number found = number();
    const auto value = in_range<std::uint64_t>(whole(found), 0, high);
    if (!value) fail(expected(), "the number " + describe(found));
    return *value;
}

double Reader::real() {
    if (kind() != Kind::number) fail("a number");
    return std::visit([](auto value) { return static_cast<double>(value); }, number());
}

void Reader::value(nlohmann::json& out) {
    switch (kind()) {
        case Kind::null:
            null();
            out = nullptr;
            return;
        case Kind::boolean: out = boolean(); return;
        case Kind::number: std::visit([&](auto value) { out = value; }, number()); return;
        case Kind::text: out = std::string(text()); return;
        case Kind::bytes: {
            const auto held = bytes();
            const auto* first = reinterpret_cast<const std::uint8_t*>(held.data());
            out = nlohmann::json::binary({first, first + held.size()});
            return;
        }
        case Kind::array:
            out = nlohmann::json::array();
            enter_array();
            while (next_element()) value(out.emplace_back());
            return;
        case Kind::object:
            out = nlohmann::json::object();
            enter_object();
            for (std::string_view name; next_member(name);) {
                const auto [at, fresh] = out.emplace(std::string(name), nullptr);
                if (!fresh) fail("each member once", "another " + excerpt(name));
                value(*at);
            }
            return;
    }
}

void Reader::skip() {
    switch (kind()) {
        case Kind::null: return null();
        case Kind::boolean: boolean(); return;
        case Kind::number: number(); return;
        case Kind::text: text(); return;
        case Kind::bytes: bytes(); return;
        case Kind::array:
            enter_array();
            while (next_element()) skip();
            return;
        case Kind::object: skip_members(); return;
    }
}

void Reader::skip_members() {
    std::set<std::string_view> names;
    enter_object();
    for (std::string_view name; next_member(name);) {
        if (!names.insert(name).second) fail("each member once", "another " + excerpt(name));
        skip();
    }
}

std::string Reader::path() const {
    std::string out;
    for (const Step& step : steps_) {
        out += '/';
        if (!step.named) {
            out += std::to_string(step.index);
            continue;
        }
        for (const char c : step.name) {  // RFC 6901 section 3
            if (c == '~')
                out += "~0";
            else if (c == '/')
                out += "~1";
            else
                out += c;
        }
    }
    return out;
}

void Reader::fail(std::string expected) {
    const std::string where = path();
    std::string found;
    switch (kind()) {
        case Kind::null: found = "null"; break;
        case Kind::boolean: found = boolean() ? "true" : "false"; break;
        case Kind::number: found = "the number " + describe(number()); break;
        case Kind::text: found = "the text " + excerpt(text()); break;
        case Kind::bytes: found = "a byte string"; break;
        case Kind::array: found = "an array"; break;
        case Kind::object: found = "an object"; break;
    }
    throw DecodeError(where, std::move(expected), std::move(found));
}

void Reader::fail(std::string expected, std::string found) const {
    throw DecodeError(path(), std::move(expected), std::move(found));
}

void Reader::descend(bool into_object) {
    if (steps_.size() >= options_.max_depth)
        fail("nesting of at most " + std::to_string(options_.max_depth) + " levels", "more");
    steps_.push_back({into_object, {}, 0});
}

}  // namespace troika::data
