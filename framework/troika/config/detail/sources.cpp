#include <troika/config/detail/sources.hpp>
#include <troika/data/nearest.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace troika::config::detail {
namespace {

nlohmann::json literal(const std::string& word) {
    try {
        nlohmann::json value = data::parse_json(word);
        if (!value.is_structured() && !value.is_string()) return value;
    } catch (const data::DecodeError&) {
        // not a literal: the setting's own type says what it wanted instead
    }
    return word;
}

nlohmann::json list(const std::string& word, Wording element) {
    if (word.starts_with('[')) return data::parse_json(word);
    nlohmann::json out = nlohmann::json::array();
    for (std::size_t begin = 0; begin < word.size();) {
        const std::size_t end = std::min(word.find(',', begin), word.size());
        const std::string part = word.substr(begin, end - begin);
        out.push_back(element == Wording::literal ? literal(part) : nlohmann::json(part));
        begin = end + 1;
    }
    return out;
}

nlohmann::json understand(const std::string& word, Wording wording) {
    switch (wording) {
        case Wording::literal: return literal(word);
        case Wording::word: return word;
        case Wording::literal_list: return list(word, Wording::literal);
        case Wording::word_list: return list(word, Wording::word);
        case Wording::json: break;
    }
    return data::parse_json(word);
}

// What is wrong, without the value of a secret.
Problem describe(const Setting& setting, const std::string& source,
                 const data::DecodeError& error) {
    std::string text = "expected " + error.expected();
    if (!setting.secret) text += ", found " + error.found();
    const std::string below = error.path().empty() ? "" : "." + dotted(error.path());
    return {source, setting.path + below, text};
}

}  // namespace

std::string dotted(std::string_view pointer) {
    std::string out(pointer.substr(pointer.empty() ? 0 : 1));
    std::replace(out.begin(), out.end(), '/', '.');
    return out;
}

Setting* find(std::vector<Setting>& settings, std::string_view path) {
    const auto at = std::find_if(settings.begin(), settings.end(),
                                 [&](const Setting& setting) { return setting.path == path; });
    return at == settings.end() ? nullptr : &*at;
}

std::string nearest_hint(std::string_view name, const std::vector<std::string>& known) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    std::string_view near = data::nearest(name, names);
    if (near.empty()) {  // perhaps its section was left out
        const std::string_view last = name.starts_with("--") ? name.substr(2) : name;
        const auto ends_so = [last](std::string_view other) {
            if (!other.ends_with(last)) return false;
            other.remove_suffix(last.size());
            return other.ends_with('.');
        };
        const auto at = std::find_if(names.begin(), names.end(), ends_so);
        if (at != names.end()) near = *at;
    }
    return near.empty() ? std::string("; --help lists all")
                        : "; the nearest is " + std::string(near);
}

void assign(Setting& setting, const nlohmann::json& json, const std::string& source,
            std::vector<Problem>& problems) {
    try {
        setting.assign(json);
        setting.source = source;
    } catch (const data::DecodeError& error) {
        problems.push_back(describe(setting, source, error));
    }
}

void assign_word(Setting& setting, const std::string& word, const std::string& source,
                 std::vector<Problem>& problems) {
    try {
        assign(setting, understand(word, setting.wording), source, problems);
    } catch (const data::DecodeError& error) {
        problems.push_back(describe(setting, source, error));
    }
}

}  // namespace troika::config::detail
