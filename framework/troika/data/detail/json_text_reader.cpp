#include <troika/data/base64.hpp>
#include <troika/data/detail/json_text_reader.hpp>

namespace troika::data::detail {

void JsonTextReader::refuse() const { fail("JSON of this type", "something else"); }

void JsonTextReader::finish() { expect(scanner_.at_end()); }

Kind JsonTextReader::kind() {
    const char c = scanner_.peek();
    switch (c) {
        case '"': return Kind::text;
        case '{': return Kind::object;
        case '[': return Kind::array;
        case 't':
        case 'f': return Kind::boolean;
        case 'n': return Kind::null;
        default: break;
    }
    expect(c == '-' || (c >= '0' && c <= '9'));
    return Kind::number;
}

void JsonTextReader::null() {
    scanner_.peek();
    expect(scanner_.literal("null"));
}

bool JsonTextReader::boolean() {
    const bool value = scanner_.peek() == 't';
    expect(scanner_.literal(value ? "true" : "false"));
    return value;
}

Number JsonTextReader::number() {
    Number value;
    expect(kind() == Kind::number && scanner_.number(value));
    return value;
}

std::string_view JsonTextReader::text() {
    std::string_view text;
    expect(scanner_.peek() == '"' && scanner_.string(text, room_));
    if (text.data() != room_.data()) return text;
    return unescaped_.emplace_back(text);
}

std::vector<std::byte> JsonTextReader::bytes() {
    auto decoded = from_base64(text());
    expect(decoded.has_value());
    return std::move(*decoded);
}

bool JsonTextReader::next(char end) {
    if (scanner_.take(end)) {
        taken_.pop_back();
        ascend();
        return false;
    }
    if (taken_.back()++ > 0) expect(scanner_.take(','));
    return true;
}

void JsonTextReader::enter_array() {
    expect(scanner_.take('['));
    descend(false);
    taken_.push_back(0);
}

bool JsonTextReader::next_element() {
    if (!next(']')) return false;
    at_element(taken_.back() - 1);
    return true;
}

void JsonTextReader::enter_object() {
    expect(scanner_.take('{'));
    descend(true);
    taken_.push_back(0);
}

bool JsonTextReader::next_member(std::string_view& name) {
    if (!next('}')) return false;
    name = text();
    expect(scanner_.take(':'));
    at_member(name);
    return true;
}

}  // namespace troika::data::detail
