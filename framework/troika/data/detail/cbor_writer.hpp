#pragma once

#include <troika/base/huge_pages.hpp>
#include <troika/data/writer.hpp>

#include <vector>

namespace troika::data::detail {

// CBOR (RFC 8949), preferred integer widths, doubles always 64 bits wide.
class CborWriter final : public Writer {
  public:
    explicit CborWriter(std::vector<std::byte>& out) : out_(out) {}

    void null() override { put(0xf6); }
    void boolean(bool value) override { put(value ? 0xf5 : 0xf4); }
    void integer(std::int64_t value) override;
    void natural(std::uint64_t value) override { head(0, value); }
    void number(double value) override;
    void text(std::string_view value) override;
    void bytes(std::span<const std::byte> value) override;
    void begin_array(std::size_t count) override { open(4, count); }
    void end_array() override { --depth_; }
    void begin_object(std::size_t count) override { open(5, count); }
    void key(std::string_view name) override { text(name); }
    void end_object() override { --depth_; }
    bool packs_numbers() const override { return true; }

  private:
    void put(unsigned byte) { out_.push_back(static_cast<std::byte>(byte)); }
    void head(unsigned major, std::uint64_t argument);
    void open(unsigned major, std::size_t count);
    void append(std::span<const std::byte> bytes) {
        reserve_if_large(out_, out_.size() + bytes.size());
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }

    std::vector<std::byte>& out_;
    std::size_t depth_ = 0;
};

}  // namespace troika::data::detail
