#pragma once

#include <troika/data/detail/json_buffer.hpp>
#include <troika/data/writer.hpp>

#include <string>

namespace troika::data::detail {

class JsonTextWriter final : public Writer {
  public:
    std::string take() { return out_.take(); }

    void null() override;
    void boolean(bool value) override;
    void integer(std::int64_t value) override;
    void natural(std::uint64_t value) override;
    void number(double value) override;
    void text(std::string_view value) override;
    void bytes(std::span<const std::byte> value) override;
    void begin_array(std::size_t count) override;
    void end_array() override;
    void begin_object(std::size_t count) override;
    void key(std::string_view name) override;
    void end_object() override;

  private:
    void separate();
    void quote(std::string_view text);
    [[noreturn]] void fail(std::string_view what) const;

    JsonBuffer out_;
    std::string_view last_key_;
    std::size_t depth_ = 0;
};

}  // namespace troika::data::detail
