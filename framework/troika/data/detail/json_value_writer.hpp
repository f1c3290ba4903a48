#pragma once

#include <troika/data/base64.hpp>
#include <troika/data/error.hpp>
#include <troika/data/writer.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace troika::data::detail {

// Builds a JSON value in `out`, which must outlive it. Text is not checked here: dumping does that.
class JsonValueWriter final : public Writer {
  public:
    explicit JsonValueWriter(nlohmann::json& out) : out_(out) {}

    void null() override { put(nullptr); }
    void boolean(bool value) override { put(value); }
    void integer(std::int64_t value) override { put(value); }
    void natural(std::uint64_t value) override { put(value); }
    void number(double value) override { put(value); }
    void text(std::string_view value) override { put(std::string(value)); }
    void bytes(std::span<const std::byte> value) override { put(to_base64(value)); }
    void begin_array(std::size_t) override { open(nlohmann::json::array()); }
    void end_array() override { open_.pop_back(); }
    void begin_object(std::size_t) override { open(nlohmann::json::object()); }
    void key(std::string_view name) override { key_ = name; }
    void end_object() override { open_.pop_back(); }

  private:
    nlohmann::json* put(nlohmann::json value) {
        if (open_.empty()) {
            out_ = std::move(value);
            return &out_;
        }
        if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
        return &((*open_.back())[key_] = std::move(value));
    }
    void open(nlohmann::json empty) {
        if (open_.size() >= kMaxDepth) throw EncodeError("JSON nested too deeply");
        open_.push_back(put(std::move(empty)));
    }

    nlohmann::json& out_;
    std::vector<nlohmann::json*> open_;
    std::string key_;
};

}  // namespace troika::data::detail
