#pragma once

#include <troika/data/reader.hpp>

#include <nlohmann/json.hpp>

namespace troika::data::detail {

// Walks a parsed JSON value, which must outlive it.
class JsonReader final : public Reader {
  public:
    JsonReader(const nlohmann::json& root, const DecodeOptions& options)
        : Reader(options), current_(&root) {}

    Kind kind() override;
    void null() override;
    bool boolean() override;
    Number number() override;
    std::string_view text() override;
    std::vector<std::byte> bytes() override;
    void enter_array() override;
    bool next_element() override;
    void enter_object() override;
    bool next_member(std::string_view& name) override;

  private:
    struct Level {
        const nlohmann::json* container;
        nlohmann::json::const_iterator next;
        std::size_t taken = 0;
    };
    const nlohmann::json* current_;
    std::vector<Level> levels_;
};

}  // namespace troika::data::detail
