#include <troika/data/detail/json_reader.hpp>
#include <troika/data/detail/json_text_reader.hpp>
#include <troika/data/detail/json_text_writer.hpp>
#include <troika/data/detail/json_value_writer.hpp>
#include <troika/data/json.hpp>

namespace troika::data::detail {

bool read_json_text(std::string_view text, const DecodeOptions& options, void* value,
                    void (*read)(Reader&, void*)) {
    try {
        JsonTextReader reader(text, options);
        read(reader, value);
        reader.finish();
        return true;
    } catch (const DecodeError&) {
        return false;
    }
}

void read_json(std::string_view text, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*)) {
    const nlohmann::json json = parse_json(text, {.max_depth = options.max_depth});
    read_json(json, options, value, read);
}

void read_json(const nlohmann::json& json, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*)) {
    JsonReader reader(json, options);
    read(reader, value);
}

std::string write_json_text(const void* value, void (*write)(Writer&, const void*)) {
    JsonTextWriter writer;
    write(writer, value);
    return writer.take();
}

void write_json_value(nlohmann::json& out, const void* value, void (*write)(Writer&, const void*)) {
    JsonValueWriter writer(out);
    write(writer, value);
}

}  // namespace troika::data::detail
