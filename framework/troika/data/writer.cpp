#include <troika/data/writer.hpp>

#include <nlohmann/json.hpp>

namespace troika::data {

// The recursion is bounded: begin_array and begin_object refuse to go deeper than kMaxDepth.
void Writer::value(const nlohmann::json& value) {
    using Type = nlohmann::json::value_t;
    switch (value.type()) {
        case Type::boolean: return boolean(value.get<bool>());
        case Type::number_integer: return integer(value.get<std::int64_t>());
        case Type::number_unsigned: return natural(value.get<std::uint64_t>());
        case Type::number_float: return number(value.get<double>());
        case Type::string: return text(value.get_ref<const std::string&>());
        case Type::binary: return bytes(std::as_bytes(std::span(value.get_binary())));
        case Type::array:
            begin_array(value.size());
            for (const auto& element : value) this->value(element);
            return end_array();
        case Type::object:
            begin_object(value.size());
            for (const auto& [name, member] : value.items()) {
                key(name);
                this->value(member);
            }
            return end_object();
        case Type::null:
        case Type::discarded: return null();
    }
}

}  // namespace troika::data
