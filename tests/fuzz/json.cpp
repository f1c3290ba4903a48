#include "../unit/data/json_same.hpp"
#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/data/detail/json_builder.hpp>
#include <troika/data/json.hpp>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troika::fuzz {
namespace {

using nlohmann::json;
using samples::same;

struct Sample {
    int whole = 0;
    double real = 0;
    std::string text;
    std::optional<std::uint64_t> maybe;
    std::vector<double> numbers;
    std::map<std::string, Sample> named;
    std::vector<Sample> samples;
    std::pair<bool, std::string> pair;
    json any;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (whole, real, text, maybe, numbers, named, samples, pair, any))

// What parse_json refuses and nlohmann takes.
struct Strictness : json::json_sax_t {
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return open(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (!names.back().insert(name).second) strict = false;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const json::exception&) override {
        return false;
    }
    bool open() {
        names.emplace_back();
        if (names.size() > data::kMaxDepth) strict = false;
        return true;
    }
    bool close() {
        names.pop_back();
        return true;
    }

    std::vector<std::set<std::string>> names;
    bool strict = true;
};

template <typename Call>
auto attempt(Call call, std::string& why) -> std::optional<decltype(call())> {
    try {
        return call();
    } catch (const data::DecodeError& error) {
        why = error.what();
        return std::nullopt;
    }
}

bool same(const std::optional<json>& one, const std::optional<json>& other) {
    return one.has_value() == other.has_value() && (!one || same(*one, *other));
}

// The builder, nlohmann's lexer, and nlohmann's own builder.
std::optional<json> read_json(const std::string& text) {
    std::string why;
    const std::optional<json> ours = attempt([&] { return data::parse_json(text); }, why);
    std::map<std::string, int> lines;
    const std::optional<json> lexed =
        attempt([&] { return data::parse_json(text, {.lines = &lines}); }, why);
    TROIKA_CHECK(same(ours, lexed), "the builder and the lexer disagree");

    Strictness strictness;
    const bool is_json = json::sax_parse(text, &strictness);
    const bool expected = is_json && strictness.strict && text.find('\0') == std::string::npos;
    TROIKA_CHECK(ours.has_value() == expected, "taken or refused, other than nlohmann");
    TROIKA_CHECK(!ours || same(*ours, json::parse(text)), "a value other than nlohmann's");

    json built;
    const bool builds = data::detail::build_json(text, data::kMaxDepth, built);
    const bool rare = text.starts_with("\xef\xbb\xbf") || text.size() > 300 ||
                      text.find_first_of("eE") != std::string::npos;
    TROIKA_CHECK(builds == ours.has_value() || (ours && rare),
                 "the builder left work to the lexer");
    return ours;
}

template <typename T>
std::string by_text(const std::string& text, const data::DecodeOptions& options) {
    std::string why;
    const auto value = attempt([&] { return data::from_json<T>(text, options); }, why);
    return value ? data::to_json(*value) : why;
}

template <typename T>
std::string by_value(const std::string& text, const data::DecodeOptions& options) {
    std::string why;
    const auto value =
        attempt([&] { return data::from_json_value<T>(data::parse_json(text), options); }, why);
    return value ? data::to_json(*value) : why;
}

// A described struct from the text itself, and from the value of the text.
void describe(const std::string& text) {
    for (const auto unknown : {data::UnknownMembers::reject, data::UnknownMembers::ignore}) {
        const data::DecodeOptions options{unknown, data::MissingMembers::keep_default};
        TROIKA_CHECK(by_text<Sample>(text, options) == by_value<Sample>(text, options),
                     "a struct read from text differs");
    }
    TROIKA_CHECK(by_text<json>(text, {}) == by_value<json>(text, {}),
                 "a value read from text differs");
    TROIKA_CHECK(by_text<std::vector<Sample>>(text, {}) == by_value<std::vector<Sample>>(text, {}),
                 "a vector read from text differs");
}

void write(const json& value) {
    const std::string text = data::dump_json(value);
    TROIKA_CHECK(text == value.dump(-1, ' ', false, json::error_handler_t::replace),
                 "written other than nlohmann does");
    TROIKA_CHECK(json::accept(text), "what is written is no JSON");
}

}  // namespace

void json(std::string_view bytes) {
    const std::string text(bytes);
    const std::optional<nlohmann::json> value = read_json(text);
    describe(text);
    write(text);
    write({{text, text}});
    double real = 0;
    std::memcpy(&real, text.data(), std::min(sizeof real, text.size()));
    write(real);
    if (!value) return;
    write(*value);
    // Equal, not the same: -0 is an integer of its own kind until it has been written.
    const std::string dumped = data::dump_json(*value);
    const std::string written = data::to_json(*value);
    TROIKA_CHECK(data::parse_json(dumped) == *value, "what is dumped reads otherwise");
    TROIKA_CHECK(data::parse_json(written) == *value, "what is written reads otherwise");
    TROIKA_CHECK(data::dump_json(data::parse_json(dumped)) == dumped, "no round trip");
}

}  // namespace troika::fuzz
