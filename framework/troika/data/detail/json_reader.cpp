#include <troika/data/base64.hpp>
#include <troika/data/detail/json_reader.hpp>

namespace troika::data::detail {

Kind JsonReader::kind() {
    using Type = nlohmann::json::value_t;
    switch (current_->type()) {
        case Type::boolean: return Kind::boolean;
        case Type::number_integer:
        case Type::number_unsigned:
        case Type::number_float: return Kind::number;
        case Type::string: return Kind::text;
        case Type::binary: return Kind::bytes;
        case Type::array: return Kind::array;
        case Type::object: return Kind::object;
        case Type::null:
        case Type::discarded: break;
    }
    return Kind::null;
}

void JsonReader::null() {
    if (kind() != Kind::null) fail("null");
}

bool JsonReader::boolean() {
    if (!current_->is_boolean()) fail("true or false");
    return current_->get<bool>();
}

Number JsonReader::number() {
    if (current_->is_number_unsigned()) return current_->get<std::uint64_t>();
    if (current_->is_number_integer()) return current_->get<std::int64_t>();
    if (current_->is_number_float()) return current_->get<double>();
    fail("a number");
}

std::string_view JsonReader::text() {
    if (!current_->is_string()) fail("text");
    return current_->get_ref<const std::string&>();
}

std::vector<std::byte> JsonReader::bytes() {
    if (current_->is_binary()) {
        const auto held = std::as_bytes(std::span(current_->get_binary()));
        return {held.begin(), held.end()};
    }
    if (!current_->is_string()) fail("base64 text");
    auto decoded = from_base64(text());
    if (!decoded) fail("base64 text");
    return std::move(*decoded);
}

void JsonReader::enter_array() {
    if (!current_->is_array()) fail("an array");
    descend(false);
    levels_.push_back({current_, current_->begin()});
}

bool JsonReader::next_element() {
    Level& level = levels_.back();
    if (level.next == level.container->end()) {
        levels_.pop_back();
        ascend();
        return false;
    }
    at_element(level.taken++);
    current_ = &*level.next++;
    return true;
}

void JsonReader::enter_object() {
    if (!current_->is_object()) fail("an object");
    descend(true);
    levels_.push_back({current_, current_->begin()});
}

bool JsonReader::next_member(std::string_view& name) {
    Level& level = levels_.back();
    if (level.next == level.container->end()) {
        levels_.pop_back();
        ascend();
        return false;
    }
    name = level.next.key();
    at_member(name);
    current_ = &level.next.value();
    ++level.next;
    return true;
}

}  // namespace troika::data::detail
