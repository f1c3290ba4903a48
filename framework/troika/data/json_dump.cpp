#include <troika/data/detail/json_buffer.hpp>
#include <troika/data/json.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

namespace troika::data {
namespace {

using nlohmann::json;

std::string dump_slowly(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

class Dumper {
  public:
    std::string take() { return out_.take(); }

    void write(const json& value) {
        switch (value.type()) {
            case json::value_t::null: return out_.append("null");
            case json::value_t::boolean: return out_.append(value.get<bool>() ? "true" : "false");
            case json::value_t::number_integer:
                return out_.integer(value.get<json::number_integer_t>());
            case json::value_t::number_unsigned:
                return out_.integer(value.get<json::number_unsigned_t>());
            case json::value_t::number_float: return real(value.get<double>());
            case json::value_t::string: return text(*value.get_ptr<const json::string_t*>());
            case json::value_t::array: return array(*value.get_ptr<const json::array_t*>());
            case json::value_t::object: return object(*value.get_ptr<const json::object_t*>());
            case json::value_t::binary:
            case json::value_t::discarded: return out_.append(dump_slowly(value));
        }
    }

  private:
    // nlohmann's own digits, so that an answer does not depend on who wrote it.
    void real(double value) {
        constexpr std::size_t kLongest = 64;
        if (out_.short_decimal(value)) return;
        if (!std::isfinite(value)) return out_.append("null");
        char* const begin = out_.reserve(kLongest);
        out_.advance_to(nlohmann::detail::to_chars(begin, begin + kLongest, value));
    }

    void array(const json::array_t& elements) {
        out_.push('[');
        bool first = true;
        for (const json& element : elements) {
            if (!first) out_.push(',');
            first = false;
            write(element);
        }
        out_.push(']');
    }

    void object(const json::object_t& members) {
        out_.push('{');
        bool first = true;
        for (const auto& [name, value] : members) {
            if (!first) out_.push(',');
            first = false;
            text(name);
            out_.push(':');
            write(value);
        }
        out_.push('}');
    }

    void text(std::string_view text) {
        const std::string_view wrong = out_.quoted(text);
        if (wrong.empty()) return;
        const std::string quoted = dump_slowly(json(wrong));
        out_.append(std::string_view(quoted).substr(1));
    }

    detail::JsonBuffer out_;
};

}  // namespace

std::string dump_json(const nlohmann::json& value) {
    Dumper dumper;
    dumper.write(value);
    return dumper.take();
}

}  // namespace troika::data
