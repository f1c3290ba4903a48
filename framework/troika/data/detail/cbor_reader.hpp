#pragma once

#include <troika/data/reader.hpp>

namespace troika::data::detail {

// Walks what CborWriter wrote, believing nothing: no tags, no indefinite lengths, text keys only.
class CborReader final : public Reader {
  public:
    CborReader(std::span<const std::byte> bytes, const DecodeOptions& options)
        : Reader(options), rest_(bytes) {}

    // Throws if bytes are left.
    void finish() const;

    Kind kind() override;
    void null() override;
    bool boolean() override;
    Number number() override;
    std::string_view text() override;
    std::vector<std::byte> bytes() override;
    std::span<const std::byte> view_bytes() override;
    void enter_array() override;
    bool next_element() override;
    void enter_object() override;
    bool next_member(std::string_view& name) override;

  private:
    struct Level {
        std::size_t left;
        std::size_t taken = 0;
    };
    unsigned peek() const;
    std::uint64_t argument();
    std::span<const std::byte> take(std::uint64_t count);
    void enter(bool object);
    bool next();
    void expect(Kind kind, const char* name);

    std::span<const std::byte> rest_;
    std::vector<Level> levels_;
};

}  // namespace troika::data::detail
